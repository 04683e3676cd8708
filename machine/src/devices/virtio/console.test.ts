import { describe, expect, it } from "vitest";
import { MachineError } from "../../errors";
import { Register, StatusBit, virtioBench } from "../../test-support/virtio-driver";
import { Terminal, virtioConsole } from "./console";

const [RECEIVE, TRANSMIT] = [0, 1] as const;
const bytes = (text: string) => new TextEncoder().encode(text);

function board() {
  const terminal = new Terminal();
  const bench = virtioBench(virtioConsole(terminal, { columns: 132, rows: 43 }));
  let printed = "";
  terminal.onOutput((output) => {
    printed += new TextDecoder().decode(output);
  });
  const { driver, memory } = bench;
  driver.start();
  /** Gives the device a buffer and returns what gets into it. */
  const typed = (room: number) => {
    const { rooms } = driver.send(RECEIVE, room);
    const used = driver.queues[RECEIVE]!.takeUsed();
    return used && new TextDecoder().decode(memory.read(rooms[0]!.address, used.written));
  };
  return { ...bench, terminal, typed, printed: () => printed };
}

describe("the virtio console", () => {
  it("prints what the driver sends", () => {
    const { driver, line, printed } = board();
    driver.send(TRANSMIT, bytes("hello, "));
    driver.send(TRANSMIT, bytes("wor"), bytes("ld\n"));
    expect([printed(), line.level]).toEqual(["hello, world\n", true]);
  });

  it("gives what is typed to waiting buffers, and keeps the rest", () => {
    const { terminal, typed, driver, memory, line } = board();
    const { rooms } = driver.send(RECEIVE, 8);
    expect(line.level).toBe(false);
    terminal.input("typed ahead");
    expect([driver.queues[RECEIVE]!.takeUsed()?.written, line.level]).toEqual([8, true]);
    expect(new TextDecoder().decode(memory.read(rooms[0]!.address, 8))).toBe("typed ah");
    expect([typed(2), typed(100), typed(100)]).toEqual(["ea", "d", undefined]);
  });

  it("keeps what was typed over a reset of the driver", () => {
    const { terminal, driver, typed } = board();
    driver.set(Register.status, 0);
    terminal.input("early");
    driver.start();
    expect(typed(100)).toBe("early");
  });

  it("tells its size", () => {
    const { transport } = board();
    expect([transport.read(Register.config, 2), transport.read(Register.config + 2, 2)]).toEqual([132n, 43n]);
  });

  it("prints a character in an emergency, without driver or queue", () => {
    const { driver, transport, printed } = board();
    driver.set(Register.status, 0);
    transport.write(Register.config + 8, 4, 0x41n);
    expect(printed()).toBe("A");
  });

  it("needs a reset after a buffer without room, or a message without end", () => {
    const { driver, memory, terminal } = board();
    driver.queues[RECEIVE]!.offer(driver.queues[RECEIVE]!.chain([memory.base, 1, false]));
    driver.notify(RECEIVE);
    terminal.input("x");
    expect(driver.status & StatusBit.needsReset).not.toBe(0);
    driver.start();
    const all: [number, number, boolean] = [memory.base, memory.size, false];
    driver.queues[TRANSMIT]!.offer(driver.queues[TRANSMIT]!.chain(all, all));
    driver.notify(TRANSMIT);
    expect(driver.status & StatusBit.needsReset).not.toBe(0);
  });

  it("has a terminal that cannot be typed at before it belongs to a machine", () => {
    expect(() => new Terminal().input("x")).toThrow(MachineError);
  });
});
