// Hart state management: starting, stopping, suspending and asking after harts. (SBI Specification 2.0, chapter 9.)
import type { FirmwareHost } from "../board";
import type { Hart } from "../hart";
import { failure, inRam, type SbiCall, type SbiExtension, type SbiResult, success } from "./call";
import { enterSupervisor, resumeSupervisor } from "./hart-setup";

/** States of section 9; the pending ones take no time here. */
const STARTED = 0n;
const STOPPED = 1n;
const SUSPENDED = 4n;

/** Types of suspension: registers are kept and the call returns, or the hart goes on at an address. */
const RETENTIVE = 0n;
const NON_RETENTIVE = 0x8000_0000n;

/** The extension for the harts of one machine. */
export function hartStateExtension(): SbiExtension {
  const suspensions = new Suspensions();
  return {
    id: 0x48_534d, // "HSM"
    call(call) {
      switch (call.functionId) {
        case 0n:
          return start(call);
        case 1n:
          call.hart.stop();
          return success();
        case 2n:
          return status(call, suspensions);
        case 3n:
          return suspend(call, suspensions);
        default:
          return failure("notSupported");
      }
    },
  };
}

function start({ argument, host }: SbiCall): SbiResult {
  const hart = hartNamed(host, argument(0));
  const address = argument(1);
  if (!hart) return failure("invalidParameter");
  if (hart.runState !== "stopped") return failure("alreadyAvailable");
  if (!canEnter(host, address)) return failure("invalidAddress");
  enterSupervisor(hart, address, argument(2));
  return success();
}

function status({ argument, host }: SbiCall, suspensions: Suspensions): SbiResult {
  const hart = hartNamed(host, argument(0));
  if (!hart) return failure("invalidParameter");
  if (hart.runState === "stopped") return success(STOPPED);
  return success(suspensions.has(hart) ? SUSPENDED : STARTED);
}

/** The calling hart sleeps until an interrupt it has enabled is pending, whether or not it could take it. */
function suspend({ hart, argument, host }: SbiCall, suspensions: Suspensions): SbiResult {
  const type = BigInt.asUintN(32, argument(0));
  if (type !== RETENTIVE && type !== NON_RETENTIVE) return failure("invalidParameter");
  if (type === NON_RETENTIVE) {
    const address = argument(1);
    if (!canEnter(host, address)) return failure("invalidAddress");
    resumeSupervisor(hart, address);
  }
  suspensions.begin(hart);
  hart.waitForInterrupt();
  // What a0 and a1 hold when the hart goes on: a call's result, or a start's arguments.
  return type === RETENTIVE ? success() : { error: BigInt(hart.id), value: argument(2) };
}

function hartNamed(host: FirmwareHost, id: bigint): Hart | undefined {
  return id < BigInt(host.hartCount) ? host.harts[Number(id)] : undefined;
}

function canEnter(host: FirmwareHost, address: bigint): boolean {
  return (address & 1n) === 0n && inRam(host, address, 2n);
}

/** Tells a suspended hart from one that waits by itself: it has retired nothing since but the call. */
class Suspensions {
  private readonly begunAt = new Map<Hart, bigint>();

  begin(hart: Hart): void {
    this.begunAt.set(hart, hart.instructions);
  }

  has(hart: Hart): boolean {
    const begun = this.begunAt.get(hart);
    return hart.runState === "waiting" && begun !== undefined && hart.instructions - begun <= 1n;
  }
}
