/** Whose floating-point registers are where (kernel/src/riscv/fpu.ts). */
import { TCB_FLAG_FPU_DISABLED } from "@rel4/abi";
import { SSTATUS_FS_CLEAN } from "../src/riscv/csr";
import { CONTEXT_FCSR, CONTEXT_FPU_REGISTERS, FLAG_FPU } from "../src/riscv/layout";
import type { ObjectMap } from "./objects";
import { broken, hex, require } from "./require";
import { currentThread, type InspectedHart, type KernelView } from "./view";

const REGISTERS = 32;

/** @throws InvariantError that says which invariant does not hold, and where */
export function checkFloatingPoint(view: KernelView, objects: ObjectMap): void {
  const { memory, layout, harts } = view;
  const { at } = layout;
  const owners = harts.map((_, index) => memory.read32(layout.hart(index) + at.Hart_fpuOwner));
  for (const thread of objects.threads) {
    const flagged = (memory.read32(thread + at.Tcb_flags) & FLAG_FPU) !== 0;
    const owned = owners.indexOf(thread);
    if (flagged !== owned >= 0) broken(`the thread ${hex(thread)} knows whether it owns an FPU`);
    if (!flagged) continue;
    require(memory.read32(thread + at.Tcb_hart) ===
      layout.hart(owned), `the thread ${hex(thread)} owns the FPU of its own hart`);
    require((memory.read32(thread + at.Tcb_userFlags) & TCB_FLAG_FPU_DISABLED) ===
      0, `the thread ${hex(thread)}, which owns an FPU, may use floating point`);
  }
  harts.forEach((hart, index) => {
    const owner = owners[index]!;
    require(owner === 0 || objects.threads.has(owner), `the owner of hart ${index}'s FPU exists`);
    // On its way in or out it is switching floating point off or on.
    if (!hart.isSettled) return;
    const usable = hart.inUserMode && currentThread(view, index) === owner;
    require((hart.fpuStatus !== 0) === usable, `floating point is on on hart ${index} while its owner runs`);
    if (owner !== 0) checkSaved(view, hart, owner, usable);
  });
}

/** What the owner has not changed since it was loaded is also in its TCB. */
function checkSaved(
  { memory, layout }: KernelView,
  hart: InspectedHart,
  owner: number,
  running: boolean,
): void {
  const stored = memory.read32(owner + layout.at.Tcb_fpuStatus);
  if ((running ? hart.fpuStatus : stored) !== SSTATUS_FS_CLEAN) return;
  let same = memory.read32(owner + CONTEXT_FCSR) === hart.fcsr;
  for (let register = 0; same && register < REGISTERS; register++)
    same = memory.read64(owner + CONTEXT_FPU_REGISTERS + 8 * register) === hart.float(register);
  require(same, `the thread ${hex(owner)}, whose floating-point registers are clean, has them in its TCB`);
}
