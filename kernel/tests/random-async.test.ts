/**
 * A program that writes anything into its buffer of asynchronous system calls, at any moment, can break only its own
 * requests. REL4_RANDOM_OPERATIONS sets how many rounds are played, REL4_RANDOM_SEED where they start.
 */
import {
  ALL_RIGHTS,
  CNODE_CANCEL_BADGED_SENDS,
  CNODE_COPY,
  CNODE_DELETE,
  CNODE_MINT,
  CNODE_MOVE,
  CNODE_MUTATE,
  CNODE_REVOKE,
  CNODE_ROTATE,
  CNODE_SAVE_CALLER,
  ITEM_ID_AT,
  ITEM_INFO_AT,
  NO_ERROR,
  OBJECT_TYPES,
  OBJECT_UNTYPED,
  PAGE_BITS,
  PAGE_GET_ADDRESS,
  PAGE_MAP,
  PAGE_TABLE_MAP,
  PAGE_TABLE_UNMAP,
  PAGE_UNMAP,
  RING_CONTROL_BYTES,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_VSPACE,
  SYS_WAKE_ASYNC_HANDLER,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_EXTRA_CAPS_AT,
  SYSTEM_CALL_ITEM_BYTES,
  SYSTEM_CALL_WORDS_AT,
  TCB_BIND_NOTIFICATION,
  TCB_RESUME,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, describe, expect, it } from "vitest";
import { AsyncCalls, PAGE_ITEM_BITS } from "./harness/async-calls";
import type { Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";
import { Random } from "./model/random";

/** Rounds with one seed, each of several requests. */
const ROUNDS = 50;
const SEEDS = Math.ceil(Number(process.env.REL4_RANDOM_OPERATIONS ?? 2000) / 10 / ROUNDS);
const FIRST_SEED = Number(process.env.REL4_RANDOM_SEED ?? 1);

const LABELS = [
  ...[UNTYPED_RETYPE, PAGE_MAP, PAGE_UNMAP, PAGE_GET_ADDRESS, PAGE_TABLE_MAP, PAGE_TABLE_UNMAP],
  ...[CNODE_COPY, CNODE_MINT, CNODE_MOVE, CNODE_MUTATE, CNODE_ROTATE, CNODE_DELETE, CNODE_REVOKE],
  ...[CNODE_CANCEL_BADGED_SENDS, CNODE_SAVE_CALLER, TCB_BIND_NOTIFICATION, TCB_UNBIND_NOTIFICATION],
];

/** The hostile program's CNode: 2^n slots. */
const RADIX = 5;
const SLOTS = 2 ** RADIX;
// What is in its slots at the beginning
const [OWN_CNODE, UNTYPED, BUFFER, REPLIES, THREAD, VSPACE] = [1, 2, 3, 4, 5, 6] as const;
const UNTYPED_BITS = 14;
const PAGE = 2 ** PAGE_BITS;
const RING_BYTES = SYSTEM_CALL_ITEM_BYTES * 2 ** PAGE_ITEM_BITS;

class Attack {
  private readonly random: Random;
  private readonly world = new World();
  private readonly victim: AsyncCalls;
  private readonly frame: number;
  private hostile: Thread | undefined;
  private untyped = 0;
  private base = 0;
  private tail = 0;
  private readonly silence: number;
  /** Rounds in which requests were answered. */
  answered = 0;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
    this.silence = this.world.notification();
    this.frame = this.world.frame();
    this.victim = AsyncCalls.register(this.world, this.world.thread({ name: "victim", priority: 120 }));
    this.victim.thread.wait(this.silence);
    this.begin();
  }

  /** A new hostile program, with capabilities to little but enough to hurt itself. */
  private begin(): void {
    const { world } = this;
    if (this.hostile) world.invoke(this.hostile.cap, TCB_SUSPEND);
    const cnode = world.cnode(RADIX);
    this.untyped = world.retype(OBJECT_UNTYPED, UNTYPED_BITS);
    const cspace = world.mint(cnode, WORD_BITS - RADIX);
    const hostile = world.thread({ name: "hostile", cspace, priority: 100 });
    this.hostile = hostile;
    const frame = world.frame();
    this.base = world.frameAddress(frame);
    const replies = world.mint(world.notification(), 1);
    const give = (slot: number, source: number) =>
      world.must(cnode, CNODE_COPY, [slot, RADIX, source, WORD_BITS, ALL_RIGHTS], [ROOT_SLOT_CNODE]);
    give(OWN_CNODE, cspace);
    give(UNTYPED, this.untyped);
    give(BUFFER, frame);
    give(REPLIES, replies);
    give(THREAD, hostile.cap);
    give(VSPACE, ROOT_SLOT_VSPACE);
    give(VSPACE + 1, this.silence);
    world.letOthersRun();
    const address = world.look(cnode).object;
    AsyncCalls.registerIn(world, hostile, { replies: REPLIES, frame: BUFFER, cspace: address });
    this.tail = 0;
  }

  play(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      if (this.random.below(3) === 0) this.scribble();
      else this.askForMischief();
      this.runHostile();
      this.checkVictim(round);
    }
  }

  /** Random bytes anywhere in the buffer, or everywhere. */
  private scribble(): void {
    const { memory } = this.world.kernel;
    const all = this.random.below(4) === 0;
    const [from, length] = all ? [0, PAGE] : [this.random.below(PAGE), this.random.below(300)];
    for (let at = from; at < Math.min(PAGE, from + length); at++)
      memory.write8(this.base + at, this.random.below(256));
    this.tail = this.random.below(8) * SYSTEM_CALL_ITEM_BYTES;
  }

  /** Requests that are nearly right. */
  private askForMischief(): void {
    const { memory } = this.world.kernel;
    const control = this.base + RING_BYTES;
    this.tail = memory.read32(control + RING_REQUEST_HEAD_AT) & (RING_BYTES - SYSTEM_CALL_ITEM_BYTES);
    memory.write32(control + RING_RESPONSE_HEAD_AT, memory.read32(control + RING_RESPONSE_TAIL_AT));
    for (let count = this.random.below(8); count >= 0; count--) {
      const item = this.base + this.tail;
      const info = this.random.pick(LABELS) * 4096 + this.random.below(4) * 128 + this.random.below(14);
      memory.write32(item + ITEM_ID_AT, this.random.below(2 ** 32));
      memory.write32(item + ITEM_INFO_AT, info);
      memory.write64(item + SYSTEM_CALL_CAPABILITY_AT, BigInt(this.random.below(SLOTS)));
      for (let i = 0; i < 2; i++)
        memory.write64(item + SYSTEM_CALL_EXTRA_CAPS_AT + 8 * i, BigInt(this.random.below(SLOTS)));
      for (let i = 0; i < 12; i++) memory.write64(item + SYSTEM_CALL_WORDS_AT + 8 * i, this.word());
      this.tail = (this.tail + SYSTEM_CALL_ITEM_BYTES) % RING_BYTES;
      memory.write32(control + RING_REQUEST_TAIL_AT, this.tail);
    }
  }

  private word(): bigint {
    switch (this.random.below(6)) {
      case 0:
        return BigInt(this.random.below(SLOTS));
      case 1:
        return BigInt(this.random.pick([RADIX, WORD_BITS]));
      case 2:
        return BigInt(this.random.below(OBJECT_TYPES));
      case 3:
        return BigInt(0x50_0000 + this.random.below(64) * PAGE);
      case 4:
        return BigInt(this.random.below(2 ** 32)) << BigInt(this.random.below(33));
      default:
        return BigInt(this.random.below(4));
    }
  }

  private runHostile(): void {
    const { world } = this;
    const hostile = this.hostile!;
    const responses = this.responses;
    if (!hostile.isRunning) world.must(hostile.cap, TCB_RESUME);
    world.letOthersRun();
    if (!hostile.isRunning) {
      // It has taken its own CSpace or itself away.
      this.begin();
      return;
    }
    if (this.random.below(2) === 0) hostile.systemCall(SYS_WAKE_ASYNC_HANDLER);
    if (hostile.isRunning) hostile.wait(VSPACE + 1);
    if (this.responses !== responses) this.answered++;
    if (world.look(hostile.cap).type === 0 || this.random.below(20) === 0) this.begin();
  }

  private get responses(): number {
    return this.world.kernel.memory.read32(this.base + RING_BYTES + RING_RESPONSE_TAIL_AT);
  }

  /** Others' requests are answered as ever. */
  private checkVictim(round: number): void {
    this.world.must(this.victim.thread.cap, TCB_RESUME);
    this.world.letOthersRun();
    const answer = this.victim.invoke(this.frame, PAGE_GET_ADDRESS);
    const expected = { error: NO_ERROR, words: [BigInt(this.world.frameAddress(this.frame))] };
    expect({ error: answer.error, words: answer.words }, `seed ${this.seed}, round ${round}`).toEqual(
      expected,
    );
    this.victim.thread.wait(this.silence);
  }
}

describe("a hostile buffer", () => {
  beforeAll(prepareKernel);

  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    "breaks only its own requests, and no invariant (seed %i)",
    (seed) => {
      const attack = new Attack(seed);
      attack.play(ROUNDS);
      expect(attack.answered).toBeGreaterThan(0);
    },
  );

  it("is read word by word, each once, so that what changes meanwhile is never seen twice", () => {
    const world = new World();
    const thread = world.thread();
    const calls = AsyncCalls.register(world, thread);
    const words = [world.slot(), WORD_BITS, world.endpoint(), WORD_BITS, ALL_RIGHTS, 77];
    world.letOthersRun();
    calls.push(ROOT_SLOT_CNODE, { label: CNODE_MINT, words, caps: [ROOT_SLOT_CNODE] });
    const { memory } = world.kernel;
    const reads = new Map<number, number>();
    for (const access of ["read32", "read64"] as const) {
      const read = memory[access].bind(memory) as (address: number) => never;
      memory[access] = ((address: number) => {
        if (address >= calls.base && address < calls.base + SYSTEM_CALL_ITEM_BYTES)
          reads.set(address, (reads.get(address) ?? 0) + 1);
        return read(address);
      }) as never;
    }
    calls.awaitResponses();
    expect(calls.take()).toMatchObject([{ error: NO_ERROR }]);
    expect([...reads.values()].every((count) => count === 1)).toBe(true);
    expect(reads.size).toBe(1 + 1 + 1 + words.length);
    expect(calls.base + calls.ringBytes + RING_CONTROL_BYTES).toBeLessThan(calls.base + PAGE);
  });
});
