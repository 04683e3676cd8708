// Hart state management: starting, stopping and asking after harts. (SBI Specification 2.0, chapter 9.)
import { failure, inRam, type SbiCall, type SbiExtension, type SbiResult, success } from "./call";
import { enterSupervisor } from "./hart-setup";

/** States of section 9; starting and stopping take no time here. */
const STARTED = 0n;
const STOPPED = 1n;

export const hartStateExtension: SbiExtension = {
  id: 0x48_534d, // "HSM"
  call(call) {
    switch (call.functionId) {
      case 0n:
        return start(call);
      case 1n:
        call.hart.stop();
        return success();
      case 2n:
        return status(call);
      default:
        return failure("notSupported");
    }
  },
};

function start({ argument, host }: SbiCall): SbiResult {
  const hart = argument(0) < BigInt(host.hartCount) ? host.harts[Number(argument(0))] : undefined;
  const address = argument(1);
  if (!hart) return failure("invalidParameter");
  if (hart.runState !== "stopped") return failure("alreadyAvailable");
  if ((address & 1n) !== 0n || !inRam(host, address, 2n)) return failure("invalidAddress");
  enterSupervisor(hart, address, argument(2));
  return success();
}

function status({ argument, host }: SbiCall): SbiResult {
  const hart = argument(0) < BigInt(host.hartCount) ? host.harts[Number(argument(0))] : undefined;
  if (!hart) return failure("invalidParameter");
  return success(hart.runState === "stopped" ? STOPPED : STARTED);
}
