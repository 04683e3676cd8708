// The wake-up handshake of a ring between two harts, under the store-buffer mode: a producer publishes an item and looks
// whether the consumer must be woken; a consumer says that it sleeps and looks at the ring again. It needs both fences
// (Dekker); the loss of a wake-up shows as a machine in which both harts wait for ever.
import { describe, expect, it } from "vitest";
import { type Assembler, bareMachine, CSR, halt, MSTATUS, RAM, reg, runToHalt } from "../tests/bare";
import { ENABLE, LOW, low, register, senderEntry } from "../tests/user-interrupt-machine";

const SHARED = RAM + 0x4000;
const TABLE = RAM + 0x8000;
const TAIL = 0;
const STATE = 64;
const ACKNOWLEDGED = 128;
const WOKEN = 192;
const ITEMS = 256;

const BLOCKED = 0;
const ARMED = 1;
const AWAKE = 2;

const COUNT = 150;
const POLLS = 64;
const SEEDS = Array.from({ length: 24 }, (_, i) => i + 1);
const WRS_NTO = 0x00d0_0073;
const MSIP_1 = 0x200_0004;
const RECEIVER = 5n;

/** What can be left out. */
interface Parts {
  itemBeforeTail: boolean;
  tailBeforeState: boolean;
  stateBeforeTail: boolean;
  lookAgain: boolean;
}
const COMPLETE: Parts = {
  itemBeforeTail: true,
  tailBeforeState: true,
  stateBeforeTail: true,
  lookAgain: true,
};

/** Items the consumer took, and how many of them were not what was published. */
interface Result {
  taken: number;
  wrong: number;
}

/** How the consumer sleeps and is woken. */
type Sleep = "blocked" | "armed";

/** Hart 0: publishes items one by one, each when the one before is acknowledged. s0 = SHARED. */
function producer(a: Assembler, parts: Parts, sleep: Sleep): void {
  if (sleep === "armed") {
    a.li(reg.t0, register(RECEIVER, LOW));
    a.li(reg.t1, low(1n, true));
    a.sd(reg.t1, reg.t0, 0);
    a.li(reg.t0, BigInt.asIntN(64, ENABLE | (1n << 44n) | (BigInt(TABLE) >> 12n)));
    a.csrw(CSR.suist, reg.t0);
  }
  a.li(reg.s3, COUNT);
  a.addi(reg.s4, reg.s0, ITEMS);
  a.addi(reg.s5, reg.s0, STATE);
  a.addi(reg.s6, reg.s0, ACKNOWLEDGED);
  a.label("publish");
  a.addi(reg.s2, reg.s2, 1);
  a.sd(reg.s2, reg.s4, 0);
  a.addi(reg.s4, reg.s4, 8);
  if (parts.itemBeforeTail) a.fence(1, 1);
  a.sw(reg.s2, reg.s0, TAIL);
  for (let i = 0; i < 20; i++) a.nop(); // the rest of a batch
  if (parts.tailBeforeState) a.fence(3, 3);
  a.lw(reg.t0, reg.s5, 0);
  a.li(reg.t1, AWAKE);
  a.beq(reg.t0, reg.t1, "wait");
  a.amoswapW(reg.t0, reg.t1, reg.s5);
  a.beq(reg.t0, reg.t1, "wait");
  a.fence(1, 4);
  if (sleep === "armed") a.uipiSend(reg.zero);
  else {
    a.li(reg.t0, MSIP_1);
    a.li(reg.t1, 1);
    a.sw(reg.t1, reg.t0, 0);
  }
  a.label("wait");
  a.lrW(reg.t0, reg.s6);
  a.beq(reg.t0, reg.s2, "acknowledged");
  a.word(WRS_NTO);
  a.j("wait");
  a.label("acknowledged");
  a.bne(reg.s2, reg.s3, "publish");
  halt(a);
}

/** Hart 1: takes items, counts them in s2 and wrong ones in a3, and sleeps when there is none for a while. */
function consumer(a: Assembler, parts: Parts, sleep: Sleep): void {
  a.label("next");
  a.li(reg.t3, POLLS);
  a.label("poll");
  a.lw(reg.t1, reg.s0, TAIL);
  a.bne(reg.t1, reg.s2, "consume");
  a.addi(reg.t3, reg.t3, -1);
  a.bnez(reg.t3, "poll");
  if (sleep === "armed") a.sw(reg.zero, reg.s0, WOKEN);
  a.li(reg.t2, sleep === "armed" ? ARMED : BLOCKED);
  a.sw(reg.t2, reg.s0, STATE);
  if (parts.stateBeforeTail) a.fence(3, 3);
  if (parts.lookAgain) {
    a.lw(reg.t1, reg.s0, TAIL);
    a.bne(reg.t1, reg.s2, "awake");
  }
  if (sleep === "armed") {
    a.addi(reg.t2, reg.s0, WOKEN);
    a.label("asleep");
    a.lrW(reg.t1, reg.t2);
    a.bnez(reg.t1, "next");
    a.word(WRS_NTO);
    a.j("asleep");
  } else {
    a.wfi();
    a.li(reg.t1, MSIP_1);
    a.sw(reg.zero, reg.t1, 0);
    a.j("next");
  }
  a.label("awake");
  a.li(reg.t2, AWAKE);
  a.sw(reg.t2, reg.s0, STATE);
  a.j("next");
  a.label("consume");
  a.fence(2, 3);
  a.slli(reg.t2, reg.s2, 3);
  a.add(reg.t2, reg.t2, reg.s0);
  a.ld(reg.t2, reg.t2, ITEMS);
  a.addi(reg.s2, reg.s2, 1);
  a.beq(reg.t2, reg.s2, "right");
  a.addi(reg.a3, reg.a3, 1);
  a.label("right");
  a.sw(reg.s2, reg.s0, ACKNOWLEDGED);
  a.j("next");
}

/** Goes on in U mode, open to user interrupts, whose handler sets WOKEN. */
function enterUserMode(a: Assembler): void {
  for (const [csr, value] of [
    [CSR.mideleg, 0x333n],
    [CSR.sideleg, 0x111n],
    [CSR.mie, 0x111n],
    [CSR.suirs, BigInt.asIntN(64, ENABLE | RECEIVER)],
    [CSR.mstatus, MSTATUS.UPIE | MSTATUS.UIE],
  ] as const) {
    a.li(reg.t0, value);
    a.csrw(csr, reg.t0);
  }
  a.la(reg.t0, "handler");
  a.csrw(CSR.utvec, reg.t0);
  a.la(reg.t0, "user");
  a.csrw(CSR.mepc, reg.t0);
  a.mret();
  a.align(4);
  a.global("handler");
  a.uipiRead(reg.t5);
  a.li(reg.t5, 1);
  a.sw(reg.t5, reg.s0, WOKEN);
  a.uret();
  a.global("user");
}

/** Runs the protocol. A lost wake-up leaves items that nobody took. */
async function run(seed: number, sleep: Sleep, parts: Parts): Promise<Result> {
  const machine = await bareMachine(
    (a) => {
      a.li(reg.s0, SHARED);
      a.csrr(reg.t0, CSR.mhartid);
      a.bnez(reg.t0, "consumer");
      producer(a, parts, sleep);
      a.label("consumer");
      if (sleep === "armed") enterUserMode(a);
      else {
        a.li(reg.t0, 8);
        a.csrw(CSR.mie, reg.t0);
      }
      consumer(a, parts, sleep);
    },
    { harts: 2, storeBuffer: { seed } },
  );
  machine.memory.writeU32(SHARED + STATE, AWAKE);
  machine.memory.writeU64(TABLE, senderEntry(RECEIVER, 1n));
  runToHalt(machine);
  const [, taker] = machine.harts;
  return { taken: Number(taker!.x(reg.s2)), wrong: Number(taker!.x(reg.a3)) };
}

for (const sleep of ["blocked", "armed"] as const)
  describe(`a consumer that sleeps ${sleep}`, () => {
    it("gets every item, with all fences, under every seed", async () => {
      for (const seed of SEEDS)
        expect(await run(seed, sleep, COMPLETE), `seed ${seed}`).toEqual({ taken: COUNT, wrong: 0 });
    });

    /** Whether the protocol without a part fails under some seed. */
    const failsWithout = async (part: keyof Parts, isFailure: (result: Result) => boolean) => {
      for (const seed of SEEDS)
        if (isFailure(await run(seed, sleep, { ...COMPLETE, [part]: false }))) return true;
      return false;
    };

    for (const [name, part] of [
      ["the producer's fence between index and state", "tailBeforeState"],
      ["its own fence between state and index", "stateBeforeTail"],
      ["looking at the ring again", "lookAgain"],
    ] as const)
      it(`sleeps for ever under some seed without ${name}`, async () => {
        expect(await failsWithout(part, ({ taken }) => taken < COUNT)).toBe(true);
      });

    it("sees a wrong item under some seed without the producer's fence between item and index", async () => {
      expect(await failsWithout("itemBeforeTail", ({ wrong }) => wrong > 0)).toBe(true);
    });
  });
