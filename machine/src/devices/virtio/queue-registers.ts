// What a driver says about one queue before it takes that into use. (VIRTIO 1.2, section 4.2.2; the legacy interface in 4.2.4.)
// Nothing is checked here: the queue looks at its layout when it starts.
import type { QueueLayout } from "./queue";

// Registers of the selected queue.
const QUEUE_NUM = 0x38;
/** Legacy: what the used ring is aligned to, in bytes. */
const QUEUE_ALIGN = 0x3c;
/** Low and high word of physical addresses. */
const QUEUE_DESC = 0x80;
const QUEUE_DRIVER = 0x90;
const QUEUE_DEVICE = 0xa0;

/** Legacy: size of a page, in which queues are placed and aligned, until the driver says another. */
export const LEGACY_PAGE_SIZE = 4096;

/** What the driver has written about a queue. Addresses are kept as low and high words. */
export class QueueRegisters {
  size = 0;
  readonly descriptors = new Uint32Array(2);
  readonly available = new Uint32Array(2);
  readonly used = new Uint32Array(2);
  align = LEGACY_PAGE_SIZE;
  pageNumber = 0;

  /** A register other than those that start the queue; ones that are none of a queue's are ignored. */
  write(offset: number, value: number): void {
    if (offset === QUEUE_NUM) this.size = value;
    else if (offset === QUEUE_ALIGN) this.align = value;
    for (const [register, words] of [
      [QUEUE_DESC, this.descriptors],
      [QUEUE_DRIVER, this.available],
      [QUEUE_DEVICE, this.used],
    ] as const)
      if (offset === register || offset === register + 4) words[(offset - register) / 4] = value;
  }

  get layout(): QueueLayout {
    const address = (words: Uint32Array) => words[0]! + words[1]! * 2 ** 32;
    return {
      size: this.size,
      descriptors: address(this.descriptors),
      available: address(this.available),
      used: address(this.used),
    };
  }

  /** Section 2.7.2: the parts follow each other, the used ring from a multiple of `align` on. */
  legacyLayout(pageSize: number): QueueLayout {
    const descriptors = this.pageNumber * pageSize;
    const available = descriptors + 16 * this.size;
    const end = available + 6 + 2 * this.size;
    return {
      size: this.size,
      descriptors,
      available,
      used: Math.ceil(end / this.align) * this.align,
    };
  }
}
