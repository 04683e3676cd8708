// What the compiler says of a stack that functions push to: whether anybody is suspended while something is on it.
import { describe, expect, it } from "vitest";
import { compile } from "../src";
import { bareMetalOptions, LOW } from "./bare-metal";

/** Whether `isPushedAtSuspension` is true in a program in which `body` is the function at which a second stack begins. */
async function isPushed(body: string, more = ""): Promise<boolean> {
  const source = `
    import { isPushedAtSuspension, stackEntry, switchStack } from "rv";
    const here = memory.data(16, 8), there = memory.data(16, 8), stack = memory.data(4096, 16);
    export let top: u32 = 64;
    export let other: u32 = 64;
    let flag: bool = false;
    function push(bytes: u32): void { top -= bytes; }
    function turn(): void { switchStack(there, here); }
    ${more}
    function body(): void { ${body} }
    export function start(): void {
      store<u64>(there, stackEntry(body.index));
      store<u64>(there, <u64>(stack + 4096), 8);
      top -= 32; other -= 16; flag = !flag;
      switchStack(here, there);
      top += 32; other += 16;
    }
    export function answer(): u64 { return isPushedAtSuspension(top) ? 1 : 0; }`;
  const program = await compile({
    ...bareMetalOptions(LOW, ["start", "answer"], { bitmanip: true, compressed: true }),
    entries: ["main.ts"],
    readFile: (path) => (path === "main.ts" ? source : null),
    runtime: "stub",
    memoryPages: 1,
  });
  const text = program.dumpIR("answer", "dead-code");
  const returned = /return (\d):i64/.exec(text)?.[1];
  if (returned === undefined) throw new Error(`no constant in ${text}`);
  return returned === "1";
}

describe("isPushedAtSuspension", () => {
  it("is false where only the original stack pushes", async () => {
    expect(await isPushed("for (;;) turn();")).toBe(false);
  });

  it("is false where what was pushed is popped before anybody else runs", async () => {
    expect(await isPushed("for (;;) { top -= 8; store<u32>(top, 1); top += 8; turn(); }")).toBe(false);
    expect(
      await isPushed("for (;;) { if (flag) { top -= 8; store<u32>(top, 1); top += 8; } else turn(); }"),
    ).toBe(false);
  });

  it("is true where something is on the stack while others run", async () => {
    expect(await isPushed("for (;;) { top -= 8; turn(); top += 8; }")).toBe(true);
  });

  it("is true where that is so on one way only", async () => {
    expect(await isPushed("for (;;) { if (flag) top -= 8; turn(); if (flag) top += 8; }")).toBe(true);
  });

  it("is true where a function between pushes", async () => {
    const between = "function between(): void { top -= 8; turn(); turn(); top += 8; }";
    expect(await isPushed("for (;;) { between(); between(); }", between)).toBe(true);
  });

  it("is true where it cannot be known", async () => {
    expect(await isPushed("for (;;) { top = load<u32>(here); turn(); }")).toBe(true);
  });

  it("looks at the global it is asked about", async () => {
    expect(await isPushed("for (;;) { other -= 8; turn(); other += 8; }")).toBe(false);
  });

  it("wants a mutable global", async () => {
    await expect(
      isPushed("turn();", "export function wrong(): bool { return isPushedAtSuspension(load<u32>(here)); }"),
    ).rejects.toThrow("isPushedAtSuspension: the argument must be a mutable global");
  });
});
