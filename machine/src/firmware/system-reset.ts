// System reset: power-off and reboot. (SBI Specification 2.0, chapter 10.)
import { failure, type SbiExtension, success } from "./call";

const SHUTDOWN = 0n;
const COLD_REBOOT = 1n;
const WARM_REBOOT = 2n;
const NO_REASON = 0n;
const SYSTEM_FAILURE = 1n;
/** Reasons below are reserved, from here on the platform's own. */
const FIRST_OWN_REASON = 0xe000_0000n;
/** Types below are reserved, from here on the vendor's own. */
const FIRST_VENDOR_TYPE = 0xf000_0000n;

export const systemResetExtension: SbiExtension = {
  id: 0x5352_5354, // "SRST"
  call({ functionId, argument, host }) {
    if (functionId !== 0n) return failure("notSupported");
    const type = BigInt.asUintN(32, argument(0));
    const reason = BigInt.asUintN(32, argument(1));
    if (type > WARM_REBOOT) return failure(type < FIRST_VENDOR_TYPE ? "invalidParameter" : "notSupported");
    if (reason > SYSTEM_FAILURE && reason < FIRST_OWN_REASON) return failure("invalidParameter");
    if (type === SHUTDOWN) host.powerOff(reason === NO_REASON ? 0 : 1);
    else if (type === COLD_REBOOT || type === WARM_REBOOT) host.requestReset();
    return success();
  },
};
