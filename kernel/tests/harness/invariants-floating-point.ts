/** Whose floating-point registers are where (kernel/src/riscv/fpu.ts). */
import { TCB_FLAG_FPU_DISABLED } from "@rel4/abi";
import { SSTATUS_FS_CLEAN } from "../../src/riscv/csr";
import { CONTEXT_FCSR, CONTEXT_FPU_REGISTERS, FLAG_FPU } from "../../src/riscv/layout";
import type { FakeHart } from "./hart";
import type { Kernel } from "./kernel";
import type { ObjectMap } from "./objects";
import { hex, require } from "./require";

/** @throws Error that says which invariant does not hold, and where */
export function checkFloatingPoint(kernel: Kernel, objects: ObjectMap): void {
  const { memory, layout } = kernel;
  const owners = kernel.hardware.harts.map((_, index) =>
    memory.read32(layout.hart(index) + layout.field("HartContext_fpuOwner")),
  );
  for (const thread of objects.threads) {
    const field = (name: string) => memory.read32(thread + layout.field(`Tcb_${name}`));
    const flagged = (field("flags") & FLAG_FPU) !== 0;
    const owned = owners.indexOf(thread);
    require(flagged === owned >= 0, `the thread ${hex(thread)} knows whether it owns an FPU`);
    if (!flagged) continue;
    require(field("hart") === layout.hart(owned), `the thread ${hex(thread)} owns the FPU of its own hart`);
    require((field("userFlags") & TCB_FLAG_FPU_DISABLED) ===
      0, `the thread ${hex(thread)}, which owns an FPU, may use floating point`);
  }
  kernel.hardware.harts.forEach((hart, index) => {
    const owner = owners[index]!;
    require(owner === 0 || objects.threads.has(owner), `the owner of hart ${index}'s FPU exists`);
    const usable = hart.inUserMode && kernel.currentThread(index) === owner;
    require((hart.fpuStatus !== 0) === usable, `floating point is on on hart ${index} while its owner runs`);
    if (owner !== 0) checkSaved(kernel, hart, owner, usable);
  });
}

/** What the owner has not changed since it was loaded is also in its TCB. */
function checkSaved({ memory, layout }: Kernel, hart: FakeHart, owner: number, running: boolean): void {
  const stored = memory.read32(owner + layout.field("ThreadContext_fpuStatus"));
  if ((running ? hart.fpuStatus : stored) !== SSTATUS_FS_CLEAN) return;
  const same =
    hart.f.every((value, index) => memory.read64(owner + CONTEXT_FPU_REGISTERS + 8 * index) === value) &&
    memory.read32(owner + CONTEXT_FCSR) === hart.fcsr;
  require(same, `the thread ${hex(owner)}, whose floating-point registers are clean, has them in its TCB`);
}
