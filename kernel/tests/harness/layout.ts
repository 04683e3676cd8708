/** Where kernel objects keep their fields: the constants and functions that `guest/layout.ts` exports. */

interface LayoutFunctions {
  hartRecord(index: number): number;
  hartQueue(hart: number, priority: number): number;
  hartBitmapWord(hart: number, index: number): number;
  handlerQueue(priority: number): number;
  parkedQueues(domain: number): number;
  firstRegistered(): number;
  countCapabilities(): bigint;
  asidPool(index: number): number;
  heapBase(): number;
}

export class Layout {
  private readonly functions: LayoutFunctions;
  private readonly fields = new Map<string, number>();

  constructor(exports: WebAssembly.Exports) {
    this.functions = exports as unknown as LayoutFunctions;
    for (const [name, value] of Object.entries(exports)) {
      if (value instanceof WebAssembly.Global) this.fields.set(name, value.value >>> 0);
    }
  }

  /** Offset in bytes of a field, named as in `guest/layout.ts`. */
  field(name: string): number {
    const offset = this.fields.get(name);
    if (offset === undefined) throw new Error(`guest/layout.ts does not export ${name}`);
    return offset;
  }

  /** Address of the record of hart number `index`. */
  hart(index: number): number {
    return this.functions.hartRecord(index) >>> 0;
  }

  queue(hart: number, priority: number): number {
    return this.functions.hartQueue(hart, priority) >>> 0;
  }

  bitmapWord(hart: number, index: number): number {
    return this.functions.hartBitmapWord(hart, index) >>> 0;
  }

  /** Where a domain's ready queues are, as in the record of a hart, while it is not its turn; else 0. */
  parkedQueues(domain: number): number {
    return this.functions.parkedQueues(domain) >>> 0;
  }

  /** The queue of ready asynchronous handlers of a priority. */
  handlerQueue(priority: number): number {
    return this.functions.handlerQueue(priority) >>> 0;
  }

  /** First of the threads with an asynchronous handler, or 0. */
  get firstRegistered(): number {
    return this.functions.firstRegistered() >>> 0;
  }

  /** What the kernel counts as capabilities. */
  countCapabilities(): bigint {
    return this.functions.countCapabilities();
  }

  /** Address of ASID pool number `index`, or 0. */
  asidPool(index: number): number {
    return this.functions.asidPool(index) >>> 0;
  }

  /** First address after the kernel's static data. */
  get heapBase(): number {
    return this.functions.heapBase() >>> 0;
  }
}
