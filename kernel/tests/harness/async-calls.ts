/** What a user program does with asynchronous system calls: fills the request ring, wakes the handler, reads responses. */
import {
  ITEM_ID_AT,
  ITEM_INFO_AT,
  ITEM_WORDS_AT,
  MESSAGE_EXTRA_CAPS_SHIFT,
  MESSAGE_LABEL_SHIFT,
  NO_ERROR,
  NOTIFICATION_REGISTER_ASYNC_SYSCALL,
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_STATE_AT,
  SYS_WAKE_ASYNC_HANDLER,
  SYSTEM_CALL_CAPABILITY_AT,
  SYSTEM_CALL_EXTRA_CAPS_AT,
  SYSTEM_CALL_ITEM_BYTES,
  SYSTEM_CALL_WORDS_AT,
} from "@rel4/abi";
import { expect } from "vitest";
import type { Message, Thread } from "./thread";
import type { World } from "./world";

export interface Response {
  id: number;
  error: number;
  words: bigint[];
}

/** Rings of 2^n items that fit a page. */
export const PAGE_ITEM_BITS = 3;

export class AsyncCalls {
  readonly ringBytes: number;
  /** Called whenever the handler begins to serve. */
  onBeginning: (() => void) | undefined;
  private nextId = 1;
  private requestTail = 0;
  private responseHead = 0;

  constructor(
    readonly world: World,
    readonly thread: Thread,
    /** Capability to the frame, in the thread's CSpace. */
    readonly frame: number,
    /** Notification with the badge by which the handler says that responses are there, in the thread's CSpace. */
    readonly replies: number,
    itemBits: number,
    /** Physical address of the buffer. */
    readonly base: number,
  ) {
    this.ringBytes = SYSTEM_CALL_ITEM_BYTES << itemBits;
    this.beforeControlWrite(RING_SERVER_STATE_AT, (state) => {
      if (state === PEER_AWAKE) this.onBeginning?.();
    });
  }

  /** Calls `before` whenever a word of the control lines is about to be written, by anybody. */
  beforeControlWrite(at: number, before: (value: number) => void): void {
    const { memory } = this.world.kernel;
    const address = this.base + this.ringBytes + at;
    const write = memory.write32.bind(memory);
    memory.write32 = (to, value) => {
      if (to === address) before(value);
      write(to, value);
    };
  }

  /** Registers a buffer for a thread; the kernel says AWAKE, BLOCKED … as it does for a program. */
  static register(
    world: World,
    thread: Thread,
    options: { notification?: number; badge?: bigint; itemBits?: number; frame?: number } = {},
  ): AsyncCalls {
    const { badge = 1n, itemBits } = options;
    const frame = options.frame ?? world.frame();
    const replies = world.mint(options.notification ?? world.notification(), badge);
    return AsyncCalls.registerIn(world, thread, { replies, frame, itemBits });
  }

  /** The same with capabilities of the thread's own CSpace: the CNode at `cspace`. */
  static registerIn(
    world: World,
    thread: Thread,
    options: { replies: number; frame: number; itemBits?: number; cspace?: number; buffer?: number },
  ): AsyncCalls {
    const { replies, frame, itemBits = PAGE_ITEM_BITS, cspace = world.rootCNode } = options;
    const buffer = options.buffer ?? Number((world.look(frame, cspace).data & (2n ** 44n - 1n)) << 12n);
    thread.call(replies, {
      label: NOTIFICATION_REGISTER_ASYNC_SYSCALL,
      words: [itemBits],
      caps: [frame],
    });
    expect(thread.received.label, "registration").toBe(NO_ERROR);
    return new AsyncCalls(world, thread, frame, replies, itemBits, buffer);
  }

  /** Puts a request into the ring; its id. */
  push(
    capability: number | bigint,
    { label = 0, words = [], caps = [], length = words.length }: Message = {},
  ): number {
    const { memory } = this.world.kernel;
    const id = this.nextId++;
    const item = this.base + this.requestTail;
    const info =
      Number(label) * 2 ** MESSAGE_LABEL_SHIFT + (caps.length << MESSAGE_EXTRA_CAPS_SHIFT) + length;
    memory.write32(item + ITEM_ID_AT, id);
    memory.write32(item + ITEM_INFO_AT, info);
    memory.write64(item + SYSTEM_CALL_CAPABILITY_AT, BigInt(capability));
    caps.forEach((cap, index) => {
      memory.write64(item + SYSTEM_CALL_EXTRA_CAPS_AT + 8 * index, BigInt(cap));
    });
    words.forEach((word, index) => {
      memory.write64(item + SYSTEM_CALL_WORDS_AT + 8 * index, BigInt(word));
    });
    this.requestTail = this.successor(this.requestTail);
    this.setControl(RING_REQUEST_TAIL_AT, this.requestTail);
    return id;
  }

  /** Wakes the handler if the buffer says that it sleeps. */
  wake(): void {
    if (this.control(RING_SERVER_STATE_AT) === PEER_AWAKE) return;
    this.setControl(RING_SERVER_STATE_AT, PEER_AWAKE);
    this.thread.systemCall(SYS_WAKE_ASYNC_HANDLER);
  }

  /** The client says how it is to be told of responses. */
  sayHowToWake(state: number): void {
    this.setControl(RING_CLIENT_STATE_AT, state);
  }

  /** Takes the responses that are there. */
  take(): Response[] {
    const { memory } = this.world.kernel;
    const responses: Response[] = [];
    while (this.responseHead !== this.control(RING_RESPONSE_TAIL_AT)) {
      const item = this.base + 2 * this.ringBytes + this.responseHead;
      const info = memory.read32(item + ITEM_INFO_AT);
      const words = Array.from({ length: info & 127 }, (_, index) =>
        memory.read64(item + ITEM_WORDS_AT + 8 * index),
      );
      responses.push({ id: memory.read32(item + ITEM_ID_AT), error: info >>> MESSAGE_LABEL_SHIFT, words });
      this.responseHead = this.successor(this.responseHead);
    }
    this.setControl(RING_RESPONSE_HEAD_AT, this.responseHead);
    return responses;
  }

  /** Makes one request, waits for its response as a program does that has nothing else to do, and returns it. */
  invoke(
    capability: number | bigint,
    label: number,
    words: readonly (number | bigint)[] = [],
    caps: readonly number[] = [],
  ): Response {
    return this.invokeRaw(capability, { label, words, caps });
  }

  invokeRaw(capability: number | bigint, message: Message): Response {
    this.push(capability, message);
    this.wake();
    this.awaitResponses();
    const [response, ...others] = this.take();
    expect(others).toEqual([]);
    expect(response, "the response").toBeDefined();
    return response!;
  }

  /** Blocks until the handler has signalled. */
  awaitResponses(): void {
    this.sayHowToWake(PEER_BLOCKED);
    this.thread.wait(this.replies);
    // The notification's signal has woken it again, or will do so when others have run.
  }

  get requestsServed(): number {
    return this.control(RING_REQUEST_HEAD_AT);
  }

  get serverState(): number {
    return this.control(RING_SERVER_STATE_AT);
  }

  get clientState(): number {
    return this.control(RING_CLIENT_STATE_AT);
  }

  control(at: number): number {
    return this.world.kernel.memory.read32(this.base + this.ringBytes + at);
  }

  setControl(at: number, value: number): void {
    this.world.kernel.memory.write32(this.base + this.ringBytes + at, value);
  }

  private successor(offset: number): number {
    return (offset + SYSTEM_CALL_ITEM_BYTES) % this.ringBytes;
  }
}
