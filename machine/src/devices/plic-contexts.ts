// Which PLIC context drives which external interrupt of which hart. QEMU's virt board numbers the machine and
// supervisor contexts of each hart in turn; contexts for user mode either follow all of those, so that the numbers stay
// virt's, or come third for each hart, as on boards whose PLIC was built with them.

/** Where the user-mode contexts are: nowhere, after all others, or third of each hart. */
export type PlicUserContexts = "none" | "after" | "interleaved";

/** The privilege mode a context interrupts. */
export type ContextMode = "M" | "S" | "U";

export interface PlicContext {
  hart: number;
  mode: ContextMode;
}

/** The contexts in the order of their numbers. */
export function plicContexts(harts: number, userContexts: PlicUserContexts): PlicContext[] {
  const each = (modes: ContextMode[]): PlicContext[] =>
    Array.from({ length: harts }, (_, hart) => modes.map((mode) => ({ hart, mode }))).flat();
  if (userContexts === "interleaved") return each(["M", "S", "U"]);
  return userContexts === "after" ? [...each(["M", "S"]), ...each(["U"])] : each(["M", "S"]);
}
