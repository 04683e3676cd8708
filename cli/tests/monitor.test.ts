import { boot, type Machine } from "@rel4/machine";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { Monitor } from "../src/terminal/monitor";
import { exitingGuest } from "./guests";

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ core: await ensureCore(), harts: 2, memory: 1 << 22, kernel: exitingGuest("", 0) });
});

function openMonitor() {
  const done: string[] = [];
  let printed = "";
  const actions = { quit: () => done.push("quit"), reset: () => done.push("reset") };
  const monitor = new Monitor(machine, actions, (text) => {
    printed += text;
  });
  return { monitor, done, printed: () => printed };
}

describe("the monitor", () => {
  it("shows harts, registers, counters, devices and memory", () => {
    const { monitor } = openMonitor();
    expect(monitor.execute("info harts").split("\n")).toEqual([
      "hart 0: running, mode S, pc 0x0000000080200000",
      "hart 1: stopped, mode M, pc 0x0000000000000000",
    ]);
    const registers = monitor.execute("info registers 1");
    expect(registers).toMatch(/hart 1/);
    expect(registers).not.toMatch(/hart 0/);
    expect(registers.match(/ 0x[0-9a-f]{16}/g)!.length).toBeGreaterThan(45);
    expect(monitor.execute("info registers")).toMatch(/hart 0[\s\S]*hart 1/);
    expect(monitor.execute("info float 0").match(/f\d+ 0x[0-9a-f]{16}/g)).toHaveLength(32);
    expect(monitor.execute("info counters")).toMatch(/instructions U/);
    expect(monitor.execute("info devices")).toMatch(/0x010000000 to 0x0100000ff {2}uart/);
    const word = machine.memory.readU64(0x8020_0008);
    expect(monitor.execute("x 0x80200008")).toBe(
      `0x0000000080200008: 0x${word.toString(16).padStart(16, "0")}`,
    );
    expect(monitor.execute("x 0x80200000 3").split("\n")).toHaveLength(2);
  });

  it("says what is wrong with a command", () => {
    const { monitor } = openMonitor();
    expect(monitor.execute("dance")).toMatch(/no command 'dance'/);
    expect(monitor.execute("info registers 7")).toMatch(/no hart 7/);
    expect(monitor.execute("info weather")).toMatch(/info harts/);
    for (const wrong of ["x", "x here", "x 0x80000000 0", "x 0x80000000 1000"])
      expect(monitor.execute(wrong)).toMatch(/x ADDRESS/);
    for (const outside of ["x 0x1000", "x 0x803ffffc", "x -8"])
      expect(monitor.execute(outside)).toMatch(/RAM is at/);
    expect(monitor.execute("help")).toMatch(/system_reset/);
  });

  it("takes a line with corrections while it is open, and nothing while it is not", () => {
    const { monitor, done, printed } = openMonitor();
    const type = (text: string) => [...text].map((key) => monitor.key(key.charCodeAt(0)));
    expect(type("quit\r")).not.toContain(true);
    monitor.toggle();
    expect(type("quitt\x7f\r")).not.toContain(false);
    type("nonsense\x03system_reset\r");
    monitor.toggle();
    expect(type("quit\r")).not.toContain(true);
    expect(done).toEqual(["quit", "reset"]);
    expect(printed()).toContain("(rel4) quitt\b \b\n");
  });
});
