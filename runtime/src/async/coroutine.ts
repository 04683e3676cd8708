/**
 * Coroutines: functions that can stop in the middle and go on later, each on a stack of its own.
 *
 * A program is one thread; its coroutines take turns in it (turns.ts) and never interrupt each other. `main` is one of them.
 */
import { functionAddress } from "rv";
import { CoroutineTable } from "./coroutine-table";
import { Responses } from "./response";
import { ShadowStack } from "./shadow-stack";
import { Timers } from "./timers";
import { Turns } from "./turns";
import { WaitList } from "./wait-list";

/** Priority of coroutines that ask for none. */
export const DEFAULT_PRIORITY: u32 = 1;

/** Why a coroutine that waited goes on. */
export const OUTCOME_WOKEN: u32 = 0;
export const OUTCOME_TIMED_OUT: u32 = 1;
export const OUTCOME_CANCELLED: u32 = 2;
export const OUTCOME_PEER_ENDED: u32 = 3;

/** Offset of the response in a record. */
const RESPONSE_AT: u32 = 192;

/** A coroutine; the handle is the address of its record, which is used again some time after it has ended. */
@unmanaged
export class Coroutine {
  /** The context that switchStack saves and loads. */
  resumeAt: u64;
  stackPointer: u64;
  /** Successor in its ready list. */
  next: Coroutine;
  /** Address of the tail of its priority's ready list, and the priority's bit. */
  queue: u32;
  bit: u32;
  /** What servers know its calls by. */
  id: u32;
  /** The end of the channel whose response it waits for, or 0. */
  waiting: u32;
  /** Where that response is. */
  response: u32;
  /** Not 0 from spawn to its end. */
  inUse: u32;
  /** OUTCOME_* of its last wait. */
  outcome: u32;
  /** The list in which it waits, or 0, and its successor there. */
  waitList: WaitList;
  nextWaiter: Coroutine;
  /** Coroutines that wait for its end: a WaitList. */
  firstJoiner: u32;
  lastJoiner: u32;
  /** Index of the function it runs, and whether that takes `argument`. */
  entry: u32;
  takesArgument: u32;
  argument: u32;
  /** Index of a function that its end calls with `argument`, whether it returns or is cancelled; 0: none. */
  atEnd: u32;
  /** How often this record has been used: a handle from before is recognised. */
  uses: u32;
  /** What the collector must know while it is suspended (shadow-stack.ts). */
  shadowPointer: u32;
  shadowChain: u32;
  /** When its timer goes off, in ticks of `time`, and its place in the heap of timers, from 1 on; 0: none is set. */
  deadline: u64;
  timerPlace: u32;
  /** The message it received last and has not answered (message-queue.ts), or 0. */
  request: u32;

  /**
   * Makes a coroutine that runs `body` when its turn comes.
   * @param name for reports
   * @param priority 0 (most important) … 7
   * Ends the program when it has no coroutine left (`coroutines` in the system description).
   */
  static spawn(body: () => void, name: string, priority: u32 = DEFAULT_PRIORITY): Coroutine {
    return create(body.index, 0, 0, 0, name, priority);
  }

  /** Like `spawn`, for a function that takes a number or the address of something unmanaged. */
  static spawnWith(
    body: (argument: u32) => void,
    argument: u32,
    name: string,
    priority: u32 = DEFAULT_PRIORITY,
  ): Coroutine {
    return create(body.index, 1, argument, 0, name, priority);
  }

  /** Like `spawnWith`; the coroutine's last act is `atEnd(argument)`, also when it is cancelled. */
  static spawnWithEnd(
    body: (argument: u32) => void,
    argument: u32,
    atEnd: (argument: u32) => void,
    name: string,
  ): Coroutine {
    return create(body.index, 1, argument, atEnd.index, name, DEFAULT_PRIORITY);
  }

  /** The coroutine that runs. */
  static get current(): Coroutine {
    CoroutineTable.start();
    return Turns.current;
  }

  /** Lets the others of this priority, and more important ones, run first. */
  @inline static yield(): void {
    Turns.yield();
  }

  /** For long computations: lets others run if one is more important, or if something has arrived. */
  @inline static possibleSwitch(): void {
    Turns.possibleSwitch();
  }

  /** Waits `ticks` of `time` (10 MHz on this board). */
  static sleep(ticks: u64): void {
    CoroutineTable.start();
    Timers.sleep(ticks);
  }

  get name(): string {
    return CoroutineTable.nameOf(this);
  }

  get hasEnded(): bool {
    return this.inUse == 0;
  }

  /** Waits until it has ended. */
  join(): void {
    const uses = this.uses;
    while (!this.hasEnded && this.uses == uses) this.joiners.wait();
  }

  /**
   * Ends it, whatever it waits for; it does not come back. Functions it is in do not return, so what they would have cleaned
   * up stays as it is.
   */
  cancel(): void {
    if (this.hasEnded) return;
    if (this == CoroutineTable.at(0))
      throw new Error("main cannot be cancelled: it ends the program by returning");
    if (this == Turns.current) finish();
    if (this.isWaiting) this.interrupt(OUTCOME_CANCELLED);
    // It goes on at the end, on an empty stack.
    this.resumeAt = functionAddress(finish.index);
    this.stackPointer = CoroutineTable.stackTop(this);
    ShadowStack.drop(this);
  }

  /** Does it wait for a response, in a list, or for a time? */
  get isWaiting(): bool {
    return this.waiting != 0 || changetype<u32>(this.waitList) != 0 || this.timerPlace != 0;
  }

  /** Ends the wait of a waiting coroutine for another reason than what it waits for. */
  interrupt(outcome: u32): void {
    if (changetype<u32>(this.waitList) != 0) this.waitList.remove(this);
    if (this.waiting != 0) {
      // its response may still come, and must not find it
      CoroutineTable.renewId(this);
      this.response = Responses.failure(outcome);
    }
    Timers.take(this);
    this.outcome = outcome;
    Turns.makeReady(this);
  }

  @inline get joiners(): WaitList {
    return changetype<WaitList>(changetype<u32>(this) + offsetof<Coroutine>("firstJoiner"));
  }

  /** Where a response waits until the coroutine runs: 64 bytes. */
  @inline get responsePlace(): u32 {
    return changetype<u32>(this) + RESPONSE_AT;
  }
}

function create(
  entry: u32,
  takesArgument: u32,
  argument: u32,
  atEnd: u32,
  name: string,
  priority: u32,
): Coroutine {
  CoroutineTable.start();
  const coroutine = CoroutineTable.take(name, priority);
  coroutine.entry = entry;
  coroutine.takesArgument = takesArgument;
  coroutine.argument = argument;
  coroutine.atEnd = atEnd;
  coroutine.resumeAt = functionAddress(run.index);
  Turns.makeReady(coroutine);
  return coroutine;
}

/** The first function on a coroutine's stack. */
function run(): void {
  const me = Turns.current;
  if (me.takesArgument) call_indirect<void>(me.entry, me.argument);
  else call_indirect<void>(me.entry);
  finish();
}

/** The running coroutine has ended; does not return. */
function finish(): void {
  const me = Turns.current;
  const atEnd = me.atEnd;
  if (atEnd != 0) {
    // Should it wait and be cancelled then, it is not called again.
    me.atEnd = 0;
    call_indirect<void>(atEnd, me.argument);
  }
  while (!me.joiners.isEmpty) me.joiners.wakeFirst();
  CoroutineTable.giveBack(me);
  Turns.leaveForEver();
}
