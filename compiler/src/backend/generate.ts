/** Code generation for one function: selection, register allocation, layout, emission. */
import type { Fragment, SourcePosition } from "../assembler/instruction";
import type { IRFunction } from "../ir/ir";
import { writeFragment } from "./fragment";
import { FRAME_SCRATCH, Frame } from "./frame";
import { layoutBlocks } from "./layout";
import { type MachineFunction, printMachineFunction } from "./machine";
import { allocateRegisters } from "./register-allocation";
import { ALLOCATION_ORDER } from "./registers";
import { selectInstructions } from "./select";
import { shrinkWrap } from "./shrink-wrap";
import { saveAcrossSuspensions } from "./suspension-slots";

export interface GenerationOptions {
  bitmanip: boolean;
  locate(wasmOffset: number): SourcePosition | undefined;
  /** Machine registers the function may use. */
  registers?: readonly number[];
  /** Told the machine code after each step: `machine`, `allocated`, `layout`. */
  observe?(stage: string, text: () => string): void;
}

function allocate(fn: IRFunction, options: GenerationOptions): MachineFunction {
  const registers = options.registers ?? ALLOCATION_ORDER;
  const machine = selectInstructions(fn, options);
  saveAcrossSuspensions(machine);
  options.observe?.("machine", () => printMachineFunction(machine));
  allocateRegisters(machine, registers);
  if (!new Frame(machine).isLarge) return machine;
  // A large frame needs a register of its own to reach its slots.
  const again = selectInstructions(fn, options);
  saveAcrossSuspensions(again);
  allocateRegisters(
    again,
    registers.filter((register) => register !== FRAME_SCRATCH),
  );
  return again;
}

/** Generates machine code for a function that went through the pass pipeline. */
export function generateCode(fn: IRFunction, options: GenerationOptions): Fragment {
  const machine = allocate(fn, options);
  options.observe?.("allocated", () => printMachineFunction(machine));
  shrinkWrap(machine);
  layoutBlocks(machine);
  options.observe?.("layout", () => printMachineFunction(machine));
  return writeFragment(machine, options);
}
