/**
 * Coroutines that yield, wait, wake each other and compute at random, beside a model of whose turn it is: for each priority a
 * first-in, first-out queue.
 */
import { Coroutine } from "rel4";
import { WaitList } from "rel4/async/wait-list";
import { rdcycle } from "rv";
import { Random } from "../soak/random";

const COUNT: u32 = 12;
const PRIORITIES: u32 = 4;
const STEPS: u32 = 20_000;
/** Longest computation between two turns, in cycles: longer than the executor lets rings wait. */
const LONGEST: u32 = 6000;

/** Numbers of coroutines in the order in which they came. */
class Queue {
  private readonly numbers: StaticArray<u32> = new StaticArray<u32>(<i32>COUNT);
  size: u32 = 0;

  push(number: u32): void {
    this.numbers[this.size++] = number;
  }

  shift(): u32 {
    const first = this.numbers[0];
    this.size--;
    for (let i: u32 = 0; i < this.size; i++) this.numbers[i] = this.numbers[i + 1];
    return first;
  }
}

const ready: StaticArray<Queue> = new StaticArray<Queue>(<i32>PRIORITIES);
const waiting = new Queue();
let current: u32 = 0;
let random = new Random(0);
let stepsLeft: u32 = STEPS;
const waiters = changetype<WaitList>(<u32>memory.data(8, 8));

/** Coroutine 0 is alone with its priority, the others share three. */
function priorityOf(number: u32): u32 {
  return number == 0 ? 0 : 1 + (number % (PRIORITIES - 1));
}

function mostImportant(): u32 {
  let priority: u32 = 0;
  while (priority < PRIORITIES && ready[priority].size == 0) priority++;
  return priority;
}

/** In the model, the next one's turn begins. */
function next(): void {
  current = ready[mostImportant()].shift();
}

function requeue(number: u32): void {
  ready[priorityOf(number)].push(number);
  next();
}

/** One step of the coroutine whose turn it is; functions of their own, so that their callers hold nothing while they wait. */
class Step {
  static check(number: u32): void {
    if (number != current) throw new Error(`turn of ${number.toString()} instead of ${current.toString()}`);
  }

  /** Which way to go on. */
  static choose(number: u32): u32 {
    stepsLeft--;
    const way = random.below(20);
    if (way < 11) {
      requeue(number);
    } else if (way < 14) {
      if (mostImportant() == PRIORITIES) return Step.choose(number);
      waiting.push(number);
      next();
    } else if (way < 18) {
      if (waiting.size == 0) return Step.choose(number);
      const woken = waiting.shift();
      ready[priorityOf(woken)].push(woken);
    } else if (way == 18 && mostImportant() < priorityOf(number)) {
      requeue(number);
    }
    return way;
  }

  static compute(): void {
    const end = rdcycle() + random.below(LONGEST);
    while (rdcycle() < end) {}
  }
}

let yieldSomehow: (number: u32) => void = () => {};

function take(number: u32): void {
  while (stepsLeft != 0) {
    Step.check(number);
    const way = Step.choose(number);
    if (way == 0) yieldSomehow(number);
    else if (way < 11) Coroutine.yield();
    else if (way < 14) waiters.wait();
    else if (way < 18) waiters.wakeFirst();
    else if (way == 18) Coroutine.possibleSwitch();
    else Step.compute();
  }
  while (!waiters.isEmpty) waiters.wakeFirst();
}

/**
 * Runs until all steps are taken or a turn is not whose the model says.
 * @param oneYield one of the ways in which coroutines yield
 */
export function checkTurns(seed: u32, oneYield: (number: u32) => void): void {
  random = new Random(seed);
  yieldSomehow = oneYield;
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < PRIORITIES; i++) ready[i] = new Queue();
  for (let i: u32 = 0; i < COUNT; i++) {
    ready[priorityOf(i)].push(i);
    all.push(Coroutine.spawnWith(take, i, "player", priorityOf(i)));
  }
  next();
  for (let i: u32 = 0; i < COUNT; i++) all[i].join();
}
