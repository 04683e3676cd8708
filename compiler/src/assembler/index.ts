/** Instructions, fragments and the assembler. */
export { Assembler, ORDERING_BITS, type Ordering } from "./assembler";
export { disassemble, fragmentText } from "./disassemble";
export { EncodingError, encode } from "./encode";
export { loadImmediate } from "./immediate";
export * from "./instruction";
export { OPCODES, type Opcode, ROUNDING_MODES, type RoundingMode } from "./opcodes";
export { freg, REGISTER_NAMES, reg } from "./registers";
