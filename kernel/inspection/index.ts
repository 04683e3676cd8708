/** Checking a kernel's invariants: on a running machine, or on whatever offers a `KernelView`. */
export { type InspectorOptions, KernelInspector } from "./inspector";
export { checkInvariants, Invariants } from "./invariants";
export { InspectionError } from "./machine-view";
export { InvariantError } from "./require";
export type { KernelView } from "./view";
