// The built-in firmware with real supervisor programs, and the same programs under OpenSBI on QEMU.
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { Machine, Privilege } from "../src/index";
import { hasTool, unlessMissing } from "./external-tools";
import { interruptLatencyGuest } from "./interrupt-latency-guest";
import { INTERRUPTS_GUEST_INPUT, INTERRUPTS_GUEST_OUTPUT, interruptsGuest } from "./interrupts-guest";
import { runElf } from "./our-machine";
import { QEMU, runOnQemu } from "./qemu";
import { type FirmwareCall, sbiCallsGuest } from "./sbi-calls-guest";
import { SBI_GUEST_OUTPUT, sbiGuest } from "./sbi-guest";
import { SBI } from "./supervisor-guest";
import { SUSPEND_GUEST_OUTPUT, suspendGuest } from "./suspend-guest";

const qemu = hasTool(QEMU);
const ALL = (1n << 64n) - 1n;
const CODE = 0x8020_0000n;

/** Output without OpenSBI's banner and with plain line ends. */
function guestPart(output: string, firstLine: string): string {
  const text = output.replaceAll("\r", "");
  return text.slice(Math.max(text.lastIndexOf(firstLine), 0));
}

describe("a supervisor program", () => {
  it("prints, starts a second hart and powers off through the built-in firmware", async () => {
    const { output, reason, exitCode } = await runElf(sbiGuest(), {
      harts: 2,
      memory: 16 << 20,
      firmware: "sbi",
    });
    expect([output, reason, exitCode]).toEqual([SBI_GUEST_OUTPUT, "poweroff", 0]);
  });

  it.skipIf(!qemu)(`prints the same under OpenSBI on QEMU${unlessMissing(QEMU, qemu)}`, () => {
    const { output, exitCode } = runOnQemu(sbiGuest(), { firmware: "opensbi", harts: 2 });
    expect([guestPart(output, "hello from the first"), exitCode]).toEqual([SBI_GUEST_OUTPUT, 0]);
  });

  it("gets interrupts from timer, firmware, real-time clock and serial port", async () => {
    const options = { harts: 1, memory: 16 << 20, firmware: "sbi" } as const;
    const { output, reason, exitCode } = await runElf(interruptsGuest(), options, {
      input: INTERRUPTS_GUEST_INPUT,
    });
    expect([output, reason, exitCode]).toEqual([INTERRUPTS_GUEST_OUTPUT, "poweroff", 0]);
  });

  it.skipIf(!qemu)(`gets the same interrupts on QEMU${unlessMissing(QEMU, qemu)}`, () => {
    const { output, exitCode } = runOnQemu(interruptsGuest(), {
      firmware: "opensbi",
      input: INTERRUPTS_GUEST_INPUT,
    });
    expect([guestPart(output, "timer\n"), exitCode]).toEqual([INTERRUPTS_GUEST_OUTPUT, 0]);
  });
});

describe("a hart that suspends itself", () => {
  it("wakes where it was, or at the address it named", async () => {
    const options = { harts: 2, memory: 16 << 20, firmware: "sbi" } as const;
    const { output, reason } = await runElf(suspendGuest(), options);
    expect([output, reason]).toEqual([SUSPEND_GUEST_OUTPUT, "poweroff"]);
  });

  it.skipIf(!qemu)(`does the same under OpenSBI${unlessMissing(QEMU, qemu)}`, () => {
    const { output, exitCode } = runOnQemu(suspendGuest(), { firmware: "opensbi", harts: 2 });
    const firstLine = SUSPEND_GUEST_OUTPUT.slice(0, SUSPEND_GUEST_OUTPUT.indexOf("\n", 20));
    expect([guestPart(output, firstLine), exitCode]).toEqual([SUSPEND_GUEST_OUTPUT, 0]);
  });
});

describe("an interrupt sent to another hart", () => {
  /** Cycles from reading the clock before the call to reading it behind the poll that saw the interrupt. */
  const PATH = 16n;

  it.each([1, 2, 4, 8, 64])("arrives after it was sent and soon, quantum %i", async (quantum) => {
    const options = { harts: 2, memory: 16 << 20, firmware: "sbi", quantum } as const;
    const { output } = await runElf(interruptLatencyGuest(), options);
    const latency = BigInt.asIntN(64, BigInt(`0x${output}`));
    expect(latency).toBeGreaterThan(0n);
    expect(latency).toBeLessThanOrEqual(PATH + BigInt(quantum));
  });
});

describe("an interrupt sent while the timer interrupts", () => {
  it("leaves the timer's interrupt to the timer", async () => {
    const machine = await Machine.create({
      harts: 2,
      memory: 16 << 20,
      firmware: "sbi",
      core: await ensureCore(),
    });
    machine.boot(CODE);
    // ecall; j . — the second hart only loops
    machine.memory.write(Number(CODE), Uint8Array.of(0x73, 0, 0, 0, 0x6f, 0, 0, 0));
    const [first, second] = machine.harts;
    second!.start(CODE + 4n, Privilege.supervisor);
    for (const [register, value] of [
      [10, 2n],
      [11, 0n],
      [16, 0n],
      [17, BigInt(SBI.ipi)],
    ] as const)
      first!.setX(register, value);
    machine.setSupervisorTimer(1, 0n);
    machine.runSync({ maxInstructions: 100 });
    const [SIP, SOFTWARE, TIMER] = [0x144, 2n, 32n];
    expect(second!.csr(SIP)).toBe(SOFTWARE | TIMER);
    machine.setSupervisorTimer(1, ALL);
    expect(second!.csr(SIP)).toBe(SOFTWARE);
  });
});

describe("firmware calls", () => {
  const calls: FirmwareCall[] = [
    [SBI.base, 3, BigInt(SBI.time)],
    [SBI.base, 3, BigInt(SBI.ipi)],
    [SBI.base, 3, BigInt(SBI.remoteFence)],
    [SBI.base, 3, BigInt(SBI.hartState)],
    [SBI.base, 3, BigInt(SBI.systemReset)],
    [SBI.base, 3, 0x1234_5678n],
    [SBI.base, 4],
    [SBI.base, 99],
    [0x1234_5678, 0],
    [SBI.time, 0, ALL],
    [SBI.time, 1],
    [SBI.ipi, 0, 0n, 0n],
    [SBI.ipi, 0, 1n, 0n],
    [SBI.ipi, 0, 0n, ALL],
    [SBI.ipi, 0, 1n, 5000n],
    [SBI.ipi, 1],
    [SBI.remoteFence, 0, 1n, 0n],
    [SBI.remoteFence, 1, 1n, 0n, 0n, 4096n],
    [SBI.remoteFence, 2, 0n, ALL, 0n, ALL],
    [SBI.remoteFence, 1, 1n, 5000n, 0n, 4096n],
    [SBI.remoteFence, 77],
    [SBI.hartState, 2, 0n],
    [SBI.hartState, 2, 1n],
    [SBI.hartState, 2, 5000n],
    [SBI.hartState, 0, 5000n, CODE, 0n],
    [SBI.hartState, 0, 0n, CODE, 0n],
    [SBI.hartState, 3, 1n, CODE, 0n],
    [SBI.hartState, 77],
    [SBI.systemReset, 0, 0x77n, 0n],
    [SBI.systemReset, 1],
    [3, 0],
    [5, 0, 0n],
    [6, 0, 0n, 0n, 4096n],
  ];

  it.skipIf(!qemu)(`answer as OpenSBI does${unlessMissing(QEMU, qemu)}`, async () => {
    const guest = sbiCallsGuest(calls);
    const ours = await runElf(guest, { harts: 2, memory: 16 << 20, firmware: "sbi" });
    const theirs = runOnQemu(guest, { firmware: "opensbi", harts: 2 });
    const answers = (output: string) => {
      const lines = guestPart(output, "calls:\n").split("\n").slice(1, -1);
      return calls.map(
        (call, index) => `${call.map((word) => word.toString(16)).join(" ")} → ${lines[index]}`,
      );
    };
    expect(ours.reason).toBe("poweroff");
    expect(answers(ours.output)).toEqual(answers(theirs.output));
  });
});
