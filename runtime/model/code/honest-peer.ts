/**
 * Programs that keep the rules, at the other end of a channel: a server that answers, a client that calls. They take one small
 * step at a time, sleep when they have nothing to do, and check all that comes from the program under test.
 */
import {
  CALL_ITEM_BYTES,
  ITEM_INFO_AT,
  ITEM_WORDS_AT,
  PEER_ARMED,
  PEER_AWAKE,
  PEER_BLOCKED,
  RING_CLIENT_EPOCH_AT,
  RING_CLIENT_STATE_AT,
  RING_REQUEST_HEAD_AT,
  RING_REQUEST_TAIL_AT,
  RING_RESPONSE_HEAD_AT,
  RING_RESPONSE_TAIL_AT,
  RING_SERVER_EPOCH_AT,
  RING_SERVER_STATE_AT,
} from "../../../abi/src/ring";
import { type Channel, PLACES, RING } from "./layout";
import type { Peer, Program } from "./program";
import type { Random } from "./random";

/** Of two programs that both run for the first time. */
const FIRST_EPOCH = 2;
/** In place of an epoch while a side begins. */
const NO_EPOCH = 0xffff_ffff;
/** How often the program under test has been started. */
const PROGRAM_GENERATION = 1;
const WORDS = 4;

export type Words = [bigint, bigint, bigint, bigint];

export const LABEL_ANSWER = 1;
export const LABEL_ANSWER_LATER = 2;
export const LABEL_REFUSE = 3;
const UNKNOWN_REQUEST = 0xffff_ff00;

export interface Answer {
  code: number;
  /** Only for code 0. */
  words: Words;
}

/** The answer to a request, for everybody. */
export function answerTo(label: number, words: Words): Answer {
  const [w0, w1, w2, w3] = words;
  const u64 = (value: bigint) => BigInt.asUintN(64, value);
  if (label === LABEL_REFUSE) return { code: Number(w0 & 0xffff_ffffn), words };
  if (label !== LABEL_ANSWER && label !== LABEL_ANSWER_LATER) return { code: UNKNOWN_REQUEST, words };
  return { code: 0, words: [u64(w0 + 1n), w1 ^ w0, u64(~w2), u64(w3 - w1)] };
}

/** A side of a channel that keeps the rules. */
abstract class HonestPeer implements Peer {
  protected out = 0;
  protected in = 0;
  private isAwake = true;
  private isSignalled = false;
  /** It has shown how it can be woken, and must look once more before it sleeps. */
  private isAboutToSleep = false;
  private mustWake = false;
  private readonly outRing: number;
  private readonly inRing: number;
  private readonly outTail: number;
  private readonly inTail: number;
  private readonly ownState: number;
  private readonly programState: number;
  private readonly ownHead: number;
  private readonly ownEpoch: number;
  private readonly programEpoch: number;
  private readonly epoch: number;
  /** What is left of its beginning, a store at a time. */
  private readonly beginning = [
    () => this.store(this.ownEpoch, NO_EPOCH),
    () => this.store(this.outTail, 0),
    () => this.store(this.ownHead, 0),
    () => this.store(this.ownState, PEER_BLOCKED),
    () => this.store(this.ownEpoch, this.epoch),
    () => this.announce(),
  ];
  private isOpen = false;

  constructor(
    protected readonly program: Program,
    protected readonly random: Random,
    readonly channel: Channel,
    private readonly takesInterrupts: boolean,
    /** How often it has been started. */
    generation = 1,
  ) {
    this.epoch = generation + PROGRAM_GENERATION;
    const { control, requests, responses, isService } = channel;
    this.outRing = isService ? requests : responses;
    this.inRing = isService ? responses : requests;
    this.outTail = control + (isService ? RING_REQUEST_TAIL_AT : RING_RESPONSE_TAIL_AT);
    this.inTail = control + (isService ? RING_RESPONSE_TAIL_AT : RING_REQUEST_TAIL_AT);
    this.ownState = control + (isService ? RING_CLIENT_STATE_AT : RING_SERVER_STATE_AT);
    this.programState = control + (isService ? RING_SERVER_STATE_AT : RING_CLIENT_STATE_AT);
    this.ownEpoch = control + (isService ? RING_CLIENT_EPOCH_AT : RING_SERVER_EPOCH_AT);
    this.programEpoch = control + (isService ? RING_SERVER_EPOCH_AT : RING_CLIENT_EPOCH_AT);
    this.ownHead = control + (isService ? RING_RESPONSE_HEAD_AT : RING_REQUEST_HEAD_AT);
  }

  abstract readonly isDone: boolean;
  /** Has it something to write? */
  protected abstract wantsToWrite(): boolean;
  /** Writes the next item; the caller advances `out`. */
  protected abstract writeItem(item: number): void;
  protected abstract readItem(item: number): void;

  wake(): void {
    // One that is still awake will not fall asleep.
    this.isSignalled = this.isAwake;
    this.isAwake = true;
  }

  step(): boolean {
    if (!this.isAwake) return false;
    const { memory } = this.program;
    const begin = this.beginning.shift();
    if (begin) begin();
    else if (!this.isOpen) this.open();
    else if (this.mustWake) this.wakeProgram();
    else if (this.in !== memory.getUint32(this.inTail, true)) this.read();
    else if (this.wantsToWrite()) this.write();
    else this.sleep();
    return true;
  }

  private store(address: number, value: number): void {
    this.program.memory.setUint32(address, value, true);
  }

  /** In a first connection, whoever finds the other there need not say so. */
  private announce(): void {
    const theirs = this.program.memory.getUint32(this.programEpoch, true);
    const isThere = theirs === 0 || theirs === this.epoch;
    if (!isThere || this.epoch > FIRST_EPOCH) this.program.signal(this.channel);
  }

  /** Waits until the program has begun this connection, or none at all. */
  private open(): void {
    const theirs = this.program.memory.getUint32(this.programEpoch, true);
    this.isOpen = theirs === 0 || theirs === this.epoch;
    this.isAwake = this.isOpen || this.isSignalled;
    this.isSignalled = false;
  }

  private read(): void {
    this.isAboutToSleep = false;
    const tail = this.program.memory.getUint32(this.inTail, true);
    if (tail >= RING || tail % CALL_ITEM_BYTES !== 0) throw new Error(`the program's index is ${tail}`);
    this.readItem(this.inRing + this.in);
    this.in = (this.in + CALL_ITEM_BYTES) % RING;
  }

  private write(): void {
    this.isAboutToSleep = false;
    this.writeItem(this.outRing + this.out);
    this.out = (this.out + CALL_ITEM_BYTES) % RING;
    if (this.wantsToWrite() && this.random.oneIn(2)) return;
    this.program.memory.setUint32(this.outTail, this.out, true);
    this.mustWake = true;
  }

  private wakeProgram(): void {
    this.mustWake = false;
    const { memory } = this.program;
    const state = memory.getUint32(this.programState, true);
    memory.setUint32(this.programState, PEER_AWAKE, true);
    this.program.wakeBy(state, this.channel);
  }

  private sleep(): void {
    const { memory } = this.program;
    if (this.isAboutToSleep) {
      this.isAwake = this.isSignalled;
      this.isSignalled = false;
    } else {
      const armed = this.takesInterrupts && this.random.oneIn(2);
      memory.setUint32(this.ownState, armed ? PEER_ARMED : PEER_BLOCKED, true);
    }
    this.isAboutToSleep = !this.isAboutToSleep;
  }

  protected readWords(item: number): Words {
    const word = (i: number) => this.program.memory.getBigUint64(item + ITEM_WORDS_AT + 8 * i, true);
    return [word(0), word(1), word(2), word(3)];
  }

  protected writeHead(item: number, id: number, info: number): void {
    this.program.memory.setUint32(item, id, true);
    this.program.memory.setUint32(item + ITEM_INFO_AT, info, true);
  }

  protected writeWords(item: number, words: Words): void {
    for (let i = 0; i < WORDS; i++) {
      this.program.memory.setBigUint64(item + ITEM_WORDS_AT + 8 * i, words[i]!, true);
    }
  }
}

/** A server that answers in any order. */
export class HonestServer extends HonestPeer {
  readonly isDone = true;
  private readonly taken: { id: number; label: number; words: Words }[] = [];

  /** @param expected calls that have been made and have not reached the server */
  constructor(
    program: Program,
    random: Random,
    channel: Channel,
    takesInterrupts: boolean,
    private readonly expected: Set<string>,
    generation = 1,
  ) {
    super(program, random, channel, takesInterrupts, generation);
  }

  protected wantsToWrite(): boolean {
    return this.taken.length > 0;
  }

  protected readItem(item: number): void {
    const { memory } = this.program;
    const label = memory.getUint32(item + ITEM_INFO_AT, true);
    const words = this.readWords(item);
    if (!this.expected.delete(callKey(label, words)))
      throw new Error(`nobody made the call ${label} ${words}`);
    if (this.taken.length >= PLACES) throw new Error("more calls than the ring has places");
    this.taken.push({ id: memory.getUint32(item, true), label, words });
  }

  protected writeItem(item: number): void {
    const [{ id, label, words }] = this.taken.splice(this.random.below(this.taken.length), 1) as [
      (typeof this.taken)[number],
    ];
    const answer = answerTo(label, words);
    this.writeHead(item, id, answer.code);
    this.writeWords(item, answer.words);
  }
}

export function callKey(label: number, words: Words): string {
  return `${label} ${words}`;
}

/** A client that makes a number of calls, as many at a time as it may. */
export class HonestClient extends HonestPeer {
  private readonly unanswered = new Map<number, Answer>();
  /** Calls so far. */
  made = 0;

  constructor(
    program: Program,
    random: Random,
    channel: Channel,
    takesInterrupts: boolean,
    private readonly calls: number,
    generation = 1,
  ) {
    super(program, random, channel, takesInterrupts, generation);
  }

  get isDone(): boolean {
    return this.made === this.calls && this.unanswered.size === 0;
  }

  protected wantsToWrite(): boolean {
    return this.made < this.calls && this.unanswered.size < PLACES - 1;
  }

  protected writeItem(item: number): void {
    const id = this.random.below(2 ** 16) * 2 ** 16 + this.made++;
    const label = this.random.pick([LABEL_ANSWER, LABEL_ANSWER, LABEL_ANSWER_LATER, LABEL_REFUSE, 77]);
    const words: Words = [this.random.word(), this.random.word(), this.random.word(), this.random.word()];
    this.writeHead(item, id, label);
    this.writeWords(item, words);
    this.unanswered.set(id, answerTo(label, words));
  }

  protected readItem(item: number): void {
    const id = this.program.memory.getUint32(item, true);
    const answer = this.unanswered.get(id);
    if (!answer) throw new Error(`a response to call ${id}, which waits for none`);
    this.unanswered.delete(id);
    const code = this.program.memory.getUint32(item + ITEM_INFO_AT, true);
    const words = this.readWords(item);
    if (code !== answer.code || (code === 0 && `${words}` !== `${answer.words}`))
      throw new Error(`call ${id} is answered with ${code} ${words}`);
  }
}
