/** The numbers that the kernel's assembly uses are those of the classes that its compiled code uses. */
import { beforeAll, describe, expect, it } from "vitest";
import * as layout from "../src/riscv/layout";
import { prepareKernel, World } from "./harness/world";

beforeAll(prepareKernel);

describe("kernel/src/riscv/layout.ts", () => {
  it.each([
    ["ThreadContext_pc", layout.CONTEXT_PC],
    ["ThreadContext_ra", layout.CONTEXT_RA],
    ["ThreadContext_sp", layout.CONTEXT_SP],
    ["ThreadContext_tp", layout.CONTEXT_TP],
    ["ThreadContext_t0", layout.CONTEXT_T0],
    ["ThreadContext_a0", layout.CONTEXT_A0],
    ["ThreadContext_t6", 31 * 8],
    ["ThreadContext_faultPc", layout.CONTEXT_FAULT_PC],
    ["ThreadContext_hart", layout.CONTEXT_HART],
    ["ThreadContext_flags", layout.CONTEXT_FLAGS],
    ["ThreadContext_fpuStatus", layout.CONTEXT_FPU_STATUS],
    ["ThreadContext_size", layout.CONTEXT_SIZE],
    ["HartContext_current", layout.HART_CURRENT],
    ["HartContext_idle", layout.HART_IDLE],
    ["HartContext_giveUp", layout.HART_GIVE_UP],
    ["HartContext_staleTranslations", layout.HART_STALE_TRANSLATIONS],
    ["HartContext_fpuOwner", layout.HART_FPU_OWNER],
    ["HartContext_index", layout.HART_INDEX],
    ["HartContext_globalPointer", layout.HART_GLOBAL_POINTER],
    ["HartContext_kernelSatp", layout.HART_KERNEL_SATP],
    ["HartContext_size", layout.HART_CONTEXT_SIZE],
  ])("says where %s is", (field, offset) => {
    expect(new World().kernel.layout.field(field)).toBe(offset);
  });
});
