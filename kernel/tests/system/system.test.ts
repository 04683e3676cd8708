// The kernel as a whole: boots images with a small root task on this project's machine and on QEMU.
import { ROOT_STACK_TOP, ROOT_TEXT_BASE } from "@rel4/abi";
import { readElf, writeElf } from "@rel4/compiler";
import type { Machine } from "@rel4/machine";
import { describe, expect, test } from "vitest";
import { buildKernel, makeImage } from "../../../image/src/kernel-image";
import { type QemuOptions, qemuIsInstalled, qemuNote, runOnMachine, runOnQemu } from "./run-image";
import { testImage } from "./test-image";

/** Runs a root task on the machine; it must power off with exit code 0. */
async function onMachine(name: string, harts: number, input?: string): Promise<string> {
  const { output, result } = await runOnMachine(await testImage(name), { harts, input });
  expect({ result, output }).toEqual({ result: { reason: "poweroff", exitCode: 0 }, output });
  return output;
}

/** Runs a root task on QEMU; it must power off with exit code 0. */
async function onQemu(name: string, harts: number, options: QemuOptions = {}): Promise<string> {
  const { output, exitCode } = await runOnQemu(await testImage(name), { harts, ...options });
  expect({ exitCode, output }).toEqual({ exitCode: 0, output });
  return output;
}

/** `name=value` lines as an object. */
function reported(output: string): Record<string, number> {
  return Object.fromEntries(
    [...output.matchAll(/^(.*)=(\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

describe.each([1, 2, 4])("with %i harts", (harts) => {
  const greeting = `hello from user mode\nharts=${harts}\n`;

  test("the machine boots the root task in user mode, and its exit code is the machine's", async () => {
    const { output, result } = await runOnMachine(await testImage("hello"), { harts });
    expect(output).toBe(greeting);
    expect(result).toEqual({ reason: "poweroff", exitCode: 7 });
  });

  test.skipIf(!qemuIsInstalled)(`QEMU boots the same image${qemuNote}`, async () => {
    expect(await runOnQemu(await testImage("hello"), { harts })).toEqual({ output: greeting, exitCode: 7 });
  });

  test("messages carry words, buffer and badge between threads", async () => {
    expect(reported(await onMachine("ipc", harts))).toEqual(IPC_REPORT);
  });

  test.skipIf(!qemuIsInstalled)(`messages between threads on QEMU${qemuNote}`, async () => {
    expect(reported(await onQemu("ipc", harts))).toEqual(IPC_REPORT);
  });
});

const IPC_REPORT = {
  "badge seen by the caller": 0,
  "reply length": 7,
  "badge seen by the server": 77,
  "sum of words": 10,
  "word in the buffer": 42,
  calls: 101,
  signalled: 4,
};

describe.each([1, 2, 4])("asynchronous system calls with %i harts", (harts) => {
  const expected = `too large a ring=1
while waiting=1000
while polling=1000
exchanged=2
seen before=1111
seen after=2222
seen by the client=2222
done
handlers=1
handler gone
`;

  test("are served while the client waits and while it polls; no hart uses a translation that is answered for", async () => {
    expect(await onMachine("async-calls", harts)).toBe(expected);
  });

  test.skipIf(!qemuIsInstalled)(`on QEMU${qemuNote}`, async () => {
    expect(await onQemu("async-calls", harts)).toBe(expected);
  });
});

describe("asynchronous system calls", () => {
  test.each([1, 2])(
    "of a ring of 4096 delay a timer interrupt by little more than one request (%i harts)",
    async (harts) => {
      const report = reported(await onMachine("async-latency", harts));
      console.log(
        `ticks of 10 cycles until a timer wakes a thread, ${harts} harts: ${JSON.stringify(report)}`,
      );
      expect(report.idle).toBeGreaterThan(0);
      expect(report.serving).toBeLessThan(report.idle! + MOST_DELAY);
    },
  );

  test("cost less than half of what they cost synchronously, in the kernel", async () => {
    const report = reported(await onMachine("async-cost", 1));
    console.log(`instructions: ${JSON.stringify(report)}`);
    const synchronous = report["synchronous map"]! + report["synchronous unmap"]!;
    expect(4 * report["asynchronous map and unmap, per request"]!).toBeLessThan(synchronous);
  });
});

describe("asynchronous system calls under stress", () => {
  // Each number of harts, quantum and seed of delayed stores is another interleaving.
  test.each([
    [1, 8, 0],
    [2, 1, 0],
    [2, 8, 1],
    [4, 8, 0],
    [4, 64, 2],
  ])(
    "are answered once, in order and rightly, whatever is done to their clients (%i harts, quantum %i, seed %i)",
    async (harts, quantum, seed) => {
      const storeBuffer = seed === 0 ? undefined : { seed };
      const { output, result } = await runOnMachine(await testImage("async-stress"), {
        harts,
        quantum,
        storeBuffer,
      });
      expect(output).toBe(
        "handlers=4\nwrong=0\nhandlers left=0\nthreads left=0\nframes of the kernel left=0\n",
      );
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );
});

/** 10-cycle ticks: the rest of a request, the end of the batch, and with two harts the way of the lock to the other one. */
const MOST_DELAY = 200;

describe("a page that is replaced while the hart that has used it idles", () => {
  const expected = "seen=1\nseen=2\nseen=1\nseen=2\n";

  test.each([2, 4])("is not seen by the thread that wakes up there (%i harts)", async (harts) => {
    expect(await onMachine("idle-translations", harts)).toBe(expected);
  });

  test.skipIf(!qemuIsInstalled)(`nor on QEMU${qemuNote}`, async () => {
    expect(await onQemu("idle-translations", 2)).toBe(expected);
  });
});

describe("time", () => {
  const expected = { "kernel entries while alone": 0, "both ran": 1 };

  test("threads of one priority are preempted, a thread alone is left in peace", async () => {
    expect(reported(await onMachine("preemption", 1))).toEqual(expected);
  });

  test.skipIf(!qemuIsInstalled)(`preemption on QEMU${qemuNote}`, async () => {
    expect(reported(await onQemu("preemption", 1))["both ran"]).toBe(1);
  });

  test("a machine in which nothing can happen any more is recognised", async () => {
    const { result } = await runOnMachine(await testImage("deadlock"), { harts: 2 });
    expect(result).toEqual({ reason: "deadlock" });
  });
});

describe("timers", () => {
  test.each([1, 2, 3, 8])(
    "wake threads that sleep on %i harts, none of which has anything else to do",
    async (harts) => {
      expect(reported(await onMachine("timers", harts))).toEqual({ early: 0, late: 0, strange: 0 });
    },
  );

  test.skipIf(!qemuIsInstalled)(`wake sleepers on QEMU${qemuNote}`, async () => {
    expect(reported(await onQemu("timers", 2))).toMatchObject({ early: 0, strange: 0 });
  });

  test("interrupt a receiver of user interrupts that computes", async () => {
    const expected = { "user interrupts": 5, early: 0, "vector 62 only": 1 };
    expect(reported(await onMachine("timer-interrupt", 1))).toEqual(expected);
  });
});

describe("faults", () => {
  test("page fault, unknown system call and exception reach the handler, whose answer resumes the thread", async () => {
    expect(reported(await onMachine("page-fault", 1))).toEqual({
      badge: 9,
      label: 5,
      length: 4,
      address: 0x1234_5678,
      fetch: 0,
      status: 7,
      progress: 1,
      "unknown system call: label": 2,
      "unknown system call: progress": 2,
      "unknown system call: number": 1234,
      "unknown system call: written": 5,
      "exception: label": 3,
      "exception: number": 2,
      "exception: progress": 3,
    });
  });

  test("a fault inside the kernel is reported and ends the machine with exit code 1", async () => {
    const { segments, symbols, entry } = readElf(await testImage("hello"));
    const victim = symbols.find(({ name }) => name === "trapSyscall")!;
    const text = segments.find(
      ({ address }) => address <= victim.address && victim.address - address < 0x80000n,
    )!;
    text.bytes.fill(0, Number(victim.address - text.address), Number(victim.address - text.address) + 4);
    const broken = writeElf({ entry, segments, sections: [], symbols, compressed: true });
    const { output, result } = await runOnMachine(broken);
    expect(output).toContain(`kernel fault on hart 0: cause 2, pc 0x${victim.address.toString(16)}`);
    expect(result).toEqual({ reason: "poweroff", exitCode: 1 });
  });
});

describe("floating point", () => {
  const supported = ["feature=8", "TCB in 1024 bytes: error=10", "flags=1", "computed=1", "fault=0"];

  test("is there for a thread that uses it", async () => {
    expect((await onMachine("floating-point-support", 1)).trim().split("\n")).toEqual(supported);
  });

  // Each number of harts, quantum and seed of delayed stores is another interleaving.
  test.each([
    [1, 8, 0],
    [2, 1, 0],
    [2, 8, 1],
    [4, 8, 2],
    [4, 64, 0],
  ])(
    "is each thread's own, whatever is done to it (%i harts, quantum %i, seed %i)",
    async (harts, quantum, seed) => {
      const storeBuffer = seed === 0 ? undefined : { seed };
      const { output, result } = await runOnMachine(await testImage("floating-point"), {
        harts,
        quantum,
        storeBuffer,
      });
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
      const report = reported(output);
      console.log(`floating point, ${harts} harts: ${JSON.stringify(report)}`);
      expect(report).toMatchObject({ operations: 600, "lively workers": 6, mismatches: 0 });
      expect(report.receivers).toBeGreaterThanOrEqual(2);
    },
  );

  test("costs nothing in a kernel entry of a thread that uses none, and little in one of the owner", async () => {
    const costs = reported(await onMachine("floating-point-cost", 1));
    console.log(`instructions: ${JSON.stringify(costs)}`);
    const nobody = costs["round trip, nobody computes"]!;
    expect(costs["round trip, the owner and a thread that does not compute"]).toBeLessThan(nobody + 40);
    expect(costs["one after the other thread's"]).toBeLessThan(nobody);
  });

  test.skipIf(!qemuIsInstalled)(`is a fault on QEMU without F and D${qemuNote}`, async () => {
    const cpu = "rv64,g=false,d=false,f=false";
    const output = await onQemu("floating-point-support", 1, { cpu });
    expect(output.trim().split("\n")).toEqual([
      "feature=0",
      ...supported.slice(1, 3),
      "computed=0",
      "fault=3",
    ]);
  });

  test.skipIf(!qemuIsInstalled)(`is there for a thread that uses it, on QEMU${qemuNote}`, async () => {
    const output = await onQemu("floating-point-support", 1);
    expect(output.trim().split("\n")).toEqual(supported);
  });

  test.skipIf(!qemuIsInstalled).each([1, 2, 4])(
    `is each thread's own on QEMU, whatever is done to it (%i harts)${qemuNote}`,
    async (harts) => {
      const report = reported(await onQemu("floating-point", harts, { threads: "multi" }));
      console.log(`floating point on QEMU, ${harts} harts: ${JSON.stringify(report)}`);
      expect(report.mismatches).toBe(0);
      // How much is done in its time depends on the host.
      expect(report.checks).toBeGreaterThan(0);
    },
  );
});

describe("several harts", () => {
  const expected = {
    "runs on hart 1": 1,
    "moved to and fro": 1,
    "suspended: stands": 1,
    "resumed: advances": 1,
    "deleted: stands": 1,
  };

  test("a running thread is moved, stopped and deleted from another hart", async () => {
    expect(reported(await onMachine("migration", 2))).toEqual(expected);
  });

  test.skipIf(!qemuIsInstalled)(`migration on QEMU${qemuNote}`, async () => {
    expect(reported(await onQemu("migration", 2))).toEqual(expected);
  });
});

describe("a hart that the firmware sends to the image's entry while another boots", () => {
  test("waits for its record and joins", async () => {
    const image = await testImage("migration");
    const misled = (machine: Machine) => {
      const [, second] = machine.harts;
      while (second!.runState === "stopped") machine.runSync({ maxInstructions: 8 });
      second!.pc = readElf(image).entry;
      second!.setX(11, 0n);
    };
    const { output, result } = await runOnMachine(image, { harts: 2, begin: misled });
    expect(reported(output)).toMatchObject({ "runs on hart 1": 1, "moved to and fro": 1 });
    expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
  });
});

describe("several harts under stress", () => {
  // Each number of harts and quantum is another interleaving.
  test.each([
    [2, 8],
    [3, 1],
    [4, 8],
    [4, 64],
    [8, 8],
  ])(
    "callers go on whatever is done to them and their servers (%i harts, quantum %i)",
    async (harts, quantum) => {
      const { output, result } = await runOnMachine(await testImage("stress"), { harts, quantum });
      expect(output).toBe("lively clients=4\nend\n");
      expect(result).toEqual({ reason: "poweroff", exitCode: 0 });
    },
  );
});

describe("device interrupts", () => {
  const expected = [
    "issue: number 0=4",
    "issue: number 97=9",
    "issue: timer=9",
    "issue: twice=9",
    "byte 97",
    "byte 98",
    "byte 99",
    "issue: after deletion=0",
  ].join("\n");

  test("the serial port interrupts its driver, again after each acknowledgement", async () => {
    expect((await onMachine("serial-interrupt", 2, "abc")).trim()).toBe(expected);
  });

  test.skipIf(!qemuIsInstalled)(`the serial port's interrupt on QEMU${qemuNote}`, async () => {
    const input = { after: "issue: twice", text: "abc" };
    const { output, exitCode } = await runOnQemu(await testImage("serial-interrupt"), { harts: 2, input });
    expect(output.trim()).toBe(expected);
    expect(exitCode).toBe(0);
  });
});

describe("user interrupts", () => {
  test("are delivered from hart to hart without either entering the kernel", async () => {
    const rounds = 100;
    const { output, machine } = await runOnMachine(await testImage("uipi-delivery"), { harts: 2 });
    expect(reported(output)).toEqual({
      "kernel entries of the sender's hart": 0,
      "kernel entries of the receiver's hart": 0,
      "user interrupts": rounds,
      vectors: 2 ** 37,
    });
    expect(machine.harts[1]!.counters.userInterrupts).toBe(BigInt(rounds));
    expect(machine.harts[0]!.counters.uipiSends).toBe(BigInt(rounds));
  });

  test.each([1, 2])(
    "reach a receiver that was ready, suspended and moved, or blocked (%i harts)",
    async (harts) => {
      expect(reported(await onMachine("uipi-states", harts))).toEqual({
        "ready: handled at once": 0,
        "ready: handled when it runs": 1,
        "suspended: handled": 1,
        "moved: handled": 2,
        "moved: vectors": 2 ** 3 + 2 ** 9,
        "blocked: state": 2,
        "blocked: badge": 2 ** 3,
        "blocked: handled": 3,
      });
    },
  );

  test("wake a receiver that waits in the kernel, wherever the other harts are", async () => {
    expect(reported(await onMachine("uipi-parking", 2))).toEqual({
      "the waiter's hart is idle": 1,
      "the waiter's hart runs a receiver": 1,
      "every hart runs a receiver": 1,
      badge: 2 ** 5,
    });
  });

  test("end with the notification: old sender entries reach nobody", async () => {
    expect(reported(await onMachine("uipi-revoke", 1))).toEqual({
      "same registration, same entry": 1,
      registered: 1,
      "badged capabilities revoked": 1,
      "registered anew": 2,
      "notification deleted": 2,
      "receiver not bound": 3,
      "sender before receiver": 3,
      "badge of two vectors": 1,
    });
  });
});

describe("the root task", () => {
  test("is told what it has, in seL4's order and places", async () => {
    const pages = (ROOT_STACK_TOP - ROOT_TEXT_BASE) / 4096;
    const {
      "free RAM in MiB": ram,
      "extra end": extraEnd,
      untyped,
      ...rest
    } = reported(await onMachine("bootinfo", 2));
    expect(rest).toEqual({
      // Behind the image, one after the other
      "IPC buffer": ROOT_STACK_TOP,
      BootInfo: ROOT_STACK_TOP + 4096,
      "CNode bits": 13,
      // One table below the root, one for the megapage that holds everything
      paging: 16,
      "paging end": 18,
      extra: 18,
      frames: extraEnd,
      "frames end": extraEnd! + pages,
      "empty follows untyped": 1,
      "empty end": 2 ** 13,
      "untypeds orderly": 1,
      chunk: 6,
      "chunk is all": 1,
      "device tree magic": 0xd00d_feed,
      "device tree size fits": 1,
      "image is contiguous": 4096,
    });
    expect(untyped).toBe(extraEnd! + pages);
    expect(ram).toBeGreaterThanOrEqual(58);
  });
});

describe("memory", () => {
  test("the image boots with as little memory as makeImage asks for", async () => {
    const root = { virtualStart: 0x40_0000, entry: 0x40_0000, bytes: new Uint8Array(3 * 4096) };
    const { elf, minimumMemory } = makeImage({ kernelElf: await buildKernel(), root });
    const { result, machine } = await runOnMachine(elf, { memory: minimumMemory });
    // The root task's first instruction is invalid, also when it is made again with floating point, and nobody handles its
    // fault: nothing can happen after boot.
    expect(result).toEqual({ reason: "deadlock" });
    expect(machine.harts[0]!.counters.exceptions[2]).toBe(2n);
  });
});

describe("fastpaths", () => {
  // The real seL4 needs 249 and 289 instructions (sel4bench, release build, one core); ours has the multicore lock.
  test("Call and ReplyRecv stay within 1.3 times the real seL4's instructions", async () => {
    const { call, replyRecv } = reported(await onMachine("ipc-cost", 1));
    console.log(`instructions: Call ${call} (seL4 249), ReplyRecv ${replyRecv} (seL4 289)`);
    expect(call).toBeLessThanOrEqual(1.3 * 249);
    expect(replyRecv).toBeLessThanOrEqual(1.3 * 289);
  });

  test("a wait with nothing there switches to the next ready thread in fewer instructions than Yield", async () => {
    const costs = reported(await onMachine("wait-cost", 1));
    console.log(`instructions: ${JSON.stringify(costs)}`);
    expect(costs.wait).toBeLessThan(costs.yield!);
  });

  test("SignalWait switches between two threads in at most 200 instructions, 215 where an endpoint is waited on", async () => {
    const costs = reported(await onMachine("signal-wait-cost", 1));
    console.log(`instructions: SignalWait ${JSON.stringify(costs)}`);
    expect(Object.keys(costs)).toHaveLength(4);
    for (const [name, cost] of Object.entries(costs)) {
      expect(cost).toBeLessThanOrEqual(name.endsWith("endpoint") ? 215 : 200);
    }
  });
});
