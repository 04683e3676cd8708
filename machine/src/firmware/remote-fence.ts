// Remote fences: instruction and translation caches of other harts. (SBI Specification 2.0, chapter 8.) A fence here drops
// everything on the named harts, which is more than any range or ASID asks for. There is no hypervisor extension.
import { failure, type SbiExtension, success } from "./call";
import { hartsIn } from "./hart-mask";

const FENCE_I = 0n;
const SFENCE_VMA = 1n;
const SFENCE_VMA_ASID = 2n;

export const remoteFenceExtension: SbiExtension = {
  id: 0x5246_4e43, // "RFNC"
  call({ functionId, argument, host }) {
    if (functionId !== FENCE_I && functionId !== SFENCE_VMA && functionId !== SFENCE_VMA_ASID)
      return failure("notSupported");
    const harts = hartsIn(host, argument(0), argument(1));
    if (!harts) return failure("invalidParameter");
    for (const hart of harts) {
      if (functionId === FENCE_I) hart.flushInstructions();
      else hart.flushTranslations();
    }
    return success();
  },
};
