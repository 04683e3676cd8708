/** Finding instructions in an image, so that their executions can be counted. */
import { type Machine, readElf } from "@rel4/machine";

/** `sfence.vma`, whatever its registers: forgets cached address translations. */
const SFENCE_VMA = { mask: 0xfe007fff, value: 0x12000073 };
/** The kernel runs at the sign-extended physical address. */
const KERNEL_WINDOW = 0xffff_ffff_0000_0000n;

/** The name under which windows count flushes of cached address translations. */
export const TLB_FLUSH = "TLB flush";

/** Marks every `sfence.vma` of the kernel in `image`. Data that looks like one is never executed, so it counts nothing. */
export function markTlbFlushes(machine: Machine, image: Uint8Array): void {
  const { base, size } = machine.memory;
  for (const { address, bytes } of readElf(image, { base, size }).segments) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 4 <= bytes.length; at += 2) {
      if ((view.getUint32(at, true) & SFENCE_VMA.mask) >>> 0 !== SFENCE_VMA.value) continue;
      machine.mark({ name: TLB_FLUSH, address: KERNEL_WINDOW + BigInt(address + at) });
    }
  }
}
