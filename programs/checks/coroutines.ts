/**
 * What coroutines promise, each promise a function; prints the names of those that hold.
 */
import { Coroutine } from "rel4";
import { rdtime } from "rv";

let log: string = "";

function note(text: string): void {
  log += text;
}

function expectLog(expected: string): void {
  if (log != expected) throw new Error(`"${log}" instead of "${expected}"`);
  log = "";
}

function noteNumber(number: u32): void {
  note(number.toString());
}

function noteTwice(number: u32): void {
  note(number.toString());
  Coroutine.yield();
  note(number.toString());
}

/** More important ones run first, equals in the order in which they became ready. */
function priorities(): void {
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < 16; i++) all.push(Coroutine.spawnWith(noteNumber, i % 8, "priority", 7 - (i % 8)));
  for (let i = 0; i < 16; i++) all[i].join();
  expectLog("7766554433221100");
}

function turns(): void {
  const all: Coroutine[] = [];
  for (let i: u32 = 1; i <= 3; i++) all.push(Coroutine.spawnWith(noteTwice, i, "turns"));
  for (let i = 0; i < 3; i++) all[i].join();
  expectLog("123123");
}

function spawnsMoreImportant(): void {
  const other = Coroutine.spawnWith(noteNumber, 0, "more important", 0);
  note("a");
  Coroutine.possibleSwitch();
  note("b");
  other.join();
}

/** A more important coroutine waits for the next point at which the running one lets it run. */
function possibleSwitch(): void {
  Coroutine.spawn(spawnsMoreImportant, "less important", 5).join();
  expectLog("a0b");
}

function sleepLong(): void {
  note("s");
  Coroutine.sleep(1_000_000_000);
  note("never");
}

function yieldForEver(): void {
  for (;;) Coroutine.yield();
}

function joinFirst(first: u32): void {
  changetype<Coroutine>(first).join();
  note("j");
}

/** Cancelled: asleep, ready, waiting for another's end, before it began. */
function cancellation(): void {
  const asleep = Coroutine.spawn(sleepLong, "asleep");
  const busy = Coroutine.spawn(yieldForEver, "busy");
  const waits = Coroutine.spawnWith(joinFirst, changetype<u32>(asleep), "waits");
  Coroutine.yield();
  const fresh = Coroutine.spawn(sleepLong, "fresh");
  waits.cancel();
  busy.cancel();
  fresh.cancel();
  const before = Coroutine.spawnWith(joinFirst, changetype<u32>(asleep), "joiner");
  Coroutine.yield();
  asleep.cancel();
  before.join();
  asleep.join();
  busy.join();
  waits.join();
  fresh.join();
  expectLog("sj");
}

function sleepAndNote(number: u32): void {
  const start = rdtime();
  Coroutine.sleep(<u64>number * 1000);
  if (rdtime() - start < <u64>number * 1000) note("early");
  note(number.toString());
}

/** Deadlines pass in their order, whoever set them first; while all sleep, the kernel's timer wakes the program. */
function sleeping(): void {
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < 5; i++) all.push(Coroutine.spawnWith(sleepAndNote, (i * 3) % 5, "sleeper"));
  for (let i = 0; i < 5; i++) all[i].join();
  expectLog("01234");
}

let ended: u32 = 0;

function yieldOnce(): void {
  Coroutine.yield();
  ended++;
}

function nothing(): void {
  ended++;
}

/** All records are used, given back, and used again. */
function many(): void {
  for (let round: u32 = 0; round < 3; round++) {
    ended = 0;
    let last = Coroutine.spawn(round == 1 ? nothing : yieldOnce, "one of many");
    for (let i: u32 = 1; i < 1000; i++) last = Coroutine.spawn(yieldOnce, "one of many");
    last.join();
    if (ended != 1000) throw new Error(`${ended.toString()} of 1000 ended`);
  }
}

/** The whole collector, at once. */
function collect(): void {
  // declared by AssemblyScript only inside its library
  // @ts-expect-error
  __collect();
}

class Pair {
  constructor(
    readonly left: string,
    readonly right: string[],
  ) {}
}

function makePair(number: u32): Pair {
  return new Pair(`left ${number.toString()}`, [`right ${number.toString()}`, "end"]);
}

/** Holds strings, arrays and objects while others run and the collector does. */
function hold(number: u32): void {
  const pair = makePair(number);
  const texts: string[] = [];
  for (let i: u32 = 0; i < 5; i++) {
    texts.push(`${number.toString()}.${i.toString()}`);
    Coroutine.yield();
    if (number % 10 == 0) collect();
    const other = makePair(number + i);
    Coroutine.yield();
    if (other.left != `left ${(number + i).toString()}`) throw new Error("an object was lost");
  }
  if (pair.left != `left ${number.toString()}` || pair.right[0] != `right ${number.toString()}`)
    throw new Error(`pair ${number.toString()} became "${pair.left}", "${pair.right[0]}"`);
  for (let i: u32 = 0; i < 5; i++)
    if (texts[i] != `${number.toString()}.${i.toString()}`)
      throw new Error(`text ${i.toString()} became "${texts[i]}"`);
}

function collections(): void {
  const all: Coroutine[] = [];
  for (let i: u32 = 0; i < 100; i++) all.push(Coroutine.spawnWith(hold, i, "holder"));
  for (let i = 0; i < 100; i++) all[i].join();
}

function holdForEver(number: u32): void {
  const text = number.toString();
  Coroutine.sleep(1_000_000_000);
  note(text);
}

/** What cancelled coroutines held is forgotten: the places for it do not run out. */
function cancelledHolders(): void {
  for (let round = 0; round < 50; round++) {
    const all: Coroutine[] = [];
    for (let i: u32 = 0; i < 60; i++) all.push(Coroutine.spawnWith(holdForEver, i, "holder"));
    Coroutine.yield();
    for (let i = 0; i < 60; i++) all[i].cancel();
    for (let i = 0; i < 60; i++) all[i].join();
  }
  expectLog("");
}

export function main(): void {
  priorities();
  console.log("priorities");
  turns();
  console.log("turns");
  possibleSwitch();
  console.log("possible switch");
  cancellation();
  console.log("cancellation");
  sleeping();
  console.log("sleeping");
  many();
  console.log("many");
  collections();
  console.log("collections");
  cancelledHolders();
  console.log("cancelled holders");
}
