/** The runtime's assembly, written with the compiler's assembler. */
export { arrivalsEntry } from "./arrivals-entry";
export { randomSeed } from "./random-seed";
export { programStart, rootStart } from "./start";
export { userInterruptEntry } from "./user-interrupt-entry";
