/** The runtime's assembly, written with the compiler's assembler. */
export { programStart, rootStart } from "./start";
export { userInterruptEntry } from "./user-interrupt-entry";
