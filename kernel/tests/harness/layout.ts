/** Where kernel objects keep their fields, in the unit tests: what the kernel's wasm module exports. */
import { KernelLayout } from "../../inspection/layout";

export class Layout extends KernelLayout {
  private readonly fields: ReadonlyMap<string, number>;

  /** @param exports what kernel/src/inspected-layout.ts and guest/layout.ts export, among others */
  constructor(exports: WebAssembly.Exports) {
    const fields = new Map(
      Object.entries(exports).flatMap(([name, value]) =>
        value instanceof WebAssembly.Global ? [[name, value.value >>> 0]] : [],
      ),
    );
    super((name) => fields.get(name), (exports.heapBase as () => number)() >>> 0);
    this.fields = fields;
  }

  /** Offset in bytes of a field, by its exported name. */
  field(name: string): number {
    const offset = this.fields.get(name);
    if (offset === undefined) throw new Error(`guest/layout.ts does not export ${name}`);
    return offset;
  }
}
