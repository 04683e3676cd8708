// Base extension: what firmware this is, and which extensions it has. (SBI Specification 2.0, chapter 4.)
import { failure, type SbiExtension, success } from "./call";

const SPECIFICATION_VERSION = 2n << 24n;
/** "REL4"; no number is registered for us. */
const IMPLEMENTATION_ID = 0x5245_4c34n;
const IMPLEMENTATION_VERSION = 1n;
const CSR_MVENDORID = 0xf11;
const CSR_MARCHID = 0xf12;
const CSR_MIMPID = 0xf13;

/** @param exists tells whether an extension (by its a7) is there */
export function baseExtension(exists: (id: bigint) => boolean): SbiExtension {
  return {
    id: 0x10,
    call({ hart, functionId, argument }) {
      switch (functionId) {
        case 0n:
          return success(SPECIFICATION_VERSION);
        case 1n:
          return success(IMPLEMENTATION_ID);
        case 2n:
          return success(IMPLEMENTATION_VERSION);
        case 3n:
          return success(exists(argument(0)) ? 1n : 0n);
        case 4n:
          return success(hart.csr(CSR_MVENDORID));
        case 5n:
          return success(hart.csr(CSR_MARCHID));
        case 6n:
          return success(hart.csr(CSR_MIMPID));
        default:
          return failure("notSupported");
      }
    },
  };
}
