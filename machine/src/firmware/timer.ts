// Timer extension: the next supervisor timer interrupt of the calling hart. (SBI Specification 2.0, chapter 6.)
import { failure, type SbiExtension, success } from "./call";

export const timerExtension: SbiExtension = {
  id: 0x5449_4d45, // "TIME"
  call({ hart, functionId, argument, host }) {
    if (functionId !== 0n) return failure("notSupported");
    host.setSupervisorTimer(hart.id, argument(0));
    return success();
  },
};
