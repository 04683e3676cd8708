// Stores into code: what fetches see of them, with and without fence.i.
import { describe, expect, it } from "vitest";
import type { Assembler } from "../../compiler/src/assembler/assembler";
import { encode } from "../../compiler/src/assembler/encode";
import { instruction } from "../../compiler/src/assembler/instruction";
import type { MachineOptions } from "../src/index";
import { bareMachine, halt, PAGE, RAM, reg, runToHalt } from "../tests/bare";

/** `li a0, value` as one word. */
const loadImmediate = (value: number) =>
  encode(instruction("addi", { rd: reg.a0, rs1: reg.zero, imm: value }));
const RETURN = encode(instruction("jalr", { rd: reg.zero, rs1: reg.ra, imm: 0 }));

/** Calls code that returns 3 in a0, lets `patch` (t0 = its address) change it, and calls it again: both results. */
async function callPatchCall(
  patch: (a: Assembler) => void,
  options: Partial<MachineOptions>,
): Promise<bigint[]> {
  const machine = await bareMachine((a) => {
    a.la(reg.t0, "patched");
    a.call("patched");
    a.mv(reg.a1, reg.a0);
    patch(a);
    a.call("patched");
    halt(a);
    a.align(8);
    a.global("patched");
    a.li(reg.a0, 3);
    a.ret();
    a.dword(0n);
  }, options);
  runToHalt(machine);
  const hart = machine.harts[0]!;
  return [hart.x(reg.a1), hart.x(reg.a0)];
}

const storeWord = (value: number) => (a: Assembler) => {
  a.li(reg.t1, loadImmediate(value));
  a.sw(reg.t1, reg.t0, 0);
};

describe("a store into code that was executed", () => {
  it("is seen at the next fence.i only", async () => {
    expect(await callPatchCall(storeWord(9), {})).toEqual([3n, 3n]);
  });

  const COHERENT = { coherentFetch: true };

  it("is seen at once where fetches see stores", async () => {
    expect(await callPatchCall(storeWord(9), COHERENT)).toEqual([3n, 9n]);
  });

  it.each<[string, (a: Assembler) => void, bigint]>([
    [
      "of the second half of an instruction",
      (a) => {
        a.li(reg.t1, loadImmediate(7) >>> 16);
        a.sh(reg.t1, reg.t0, 2);
      },
      7n,
    ],
    [
      "of its last byte",
      (a) => {
        a.li(reg.t1, loadImmediate(16 * 5 + 3) >>> 24);
        a.sb(reg.t1, reg.t0, 3);
      },
      16n * 5n + 3n,
    ],
    [
      "that is not aligned",
      (a) => {
        a.li(reg.t1, (loadImmediate(8) >>> 8) | ((RETURN & 0xff) << 24));
        a.sw(reg.t1, reg.t0, 1);
      },
      8n,
    ],
    [
      "by an atomic operation",
      (a) => {
        a.li(reg.t1, loadImmediate(6));
        a.amoswapW(reg.zero, reg.t1, reg.t0);
      },
      6n,
    ],
    [
      "that comes again and again",
      (a) => {
        for (const value of [1, 2, 5]) {
          storeWord(value)(a);
          a.call("patched");
        }
      },
      5n,
    ],
  ])("is seen also %s", async (_, patch, result) => {
    expect(await callPatchCall(patch, COHERENT)).toEqual([3n, result]);
  });

  it("is seen through the store buffer once it is visible", async () => {
    const patch = (a: Assembler) => {
      storeWord(9)(a);
      a.fence(15, 15);
    };
    expect(await callPatchCall(patch, { ...COHERENT, storeBuffer: { seed: 1 } })).toEqual([3n, 9n]);
  });

  it("is seen when it changes the half of an instruction that lies in the next page", async () => {
    const border = RAM + 4 * PAGE;
    const machine = await bareMachine((a) => {
      a.li(reg.t0, border);
      a.li(reg.t2, border - 2);
      for (const value of [4, 11]) {
        a.li(reg.t1, loadImmediate(value) & 0xffff);
        a.sh(reg.t1, reg.t0, -2);
        a.li(reg.t1, loadImmediate(value) >>> 16);
        a.sh(reg.t1, reg.t0, 0);
        a.li(reg.t1, RETURN & 0xffff);
        a.sh(reg.t1, reg.t0, 2);
        a.li(reg.t1, RETURN >>> 16);
        a.sh(reg.t1, reg.t0, 4);
        a.jalr(reg.ra, reg.t2, 0);
        a.mv(reg.a2, reg.a1);
        a.mv(reg.a1, reg.a0);
      }
      halt(a);
    }, COHERENT);
    runToHalt(machine);
    expect([machine.harts[0]!.x(reg.a2), machine.harts[0]!.x(reg.a1)]).toEqual([4n, 11n]);
  });

  it("is seen by another hart", async () => {
    const machine = await bareMachine(
      (a) => {
        a.la(reg.t0, "patched");
        a.la(reg.t2, "called");
        a.csrr(reg.t1, 0xf14);
        a.bnez(reg.t1, "other");
        a.label("wait");
        a.lw(reg.t1, reg.t2, 0);
        a.beqz(reg.t1, "wait");
        a.li(reg.t1, loadImmediate(9));
        a.sw(reg.t1, reg.t0, 0);
        halt(a);
        a.label("other");
        a.call("patched");
        a.li(reg.t1, 1);
        a.sw(reg.t1, reg.t2, 0);
        a.addi(reg.a0, reg.a0, -9);
        a.bnez(reg.a0, "other");
        halt(a);
        a.align(8);
        a.global("patched");
        a.li(reg.a0, 3);
        a.ret();
        a.align(8);
        a.label("called");
        a.dword(0n);
      },
      { ...COHERENT, harts: 2 },
    );
    runToHalt(machine);
    expect(machine.harts[1]!.x(reg.a0)).toBe(0n);
  });
});
