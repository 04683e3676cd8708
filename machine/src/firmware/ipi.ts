// Inter-processor interrupts: supervisor software interrupts of other harts. (SBI Specification 2.0, chapter 7.)
import type { Hart } from "../hart";
import { failure, type SbiExtension, success } from "./call";
import { hartsIn } from "./hart-mask";

const CSR_MIP = 0x344;
/** Supervisor software interrupt: held by software, so that the supervisor can clear it in sip. */
const SSIP = 2n;

export const ipiExtension: SbiExtension = {
  id: 0x73_5049, // "sPI"
  call({ functionId, argument, host }) {
    if (functionId !== 0n) return failure("notSupported");
    const harts = hartsIn(host, argument(0), argument(1));
    if (!harts) return failure("invalidParameter");
    sendInterrupts(harts);
    return success();
  },
};

/** Raises the supervisor software interrupt of every hart that runs; a stopped one has nobody to tell. */
export function sendInterrupts(harts: readonly Hart[]): void {
  for (const hart of harts)
    if (hart.runState !== "stopped") hart.setCsr(CSR_MIP, heldBySoftware(hart) | SSIP);
}

/** Drops the hart's own supervisor software interrupt. */
export function clearInterrupt(hart: Hart): void {
  hart.setCsr(CSR_MIP, heldBySoftware(hart) & ~SSIP);
}

/**
 * The bits of mip that software holds. Reading mip shows the hardware's lines too: writing those back would keep, say, a
 * timer interrupt pending after its line has fallen.
 */
function heldBySoftware(hart: Hart): bigint {
  return hart.csr(CSR_MIP) & ~hart.interruptLines;
}
