/**
 * Two of these signal each other: turn by turn, where each signal must end exactly one wait; in storms, where many become one and
 * the last must not be lost; and one polls. Arguments: peer, who begins (0 or 1), rounds, hart of the one that does not begin (0:
 * both are on one).
 */
import { AsyncChannel, Coroutine, Counters, Process, UserSignals, yieldHart } from "rel4";
import { load32, store32 } from "rv";

const STORM: u32 = 40;
/** Cycles after which a peer on another hart no longer waits in user mode. */
const LONG: u64 = 250_000;

let peer: UserSignals = changetype<UserSignals>(0);
let peerBit: u64 = 0;
let ownCounter: u32 = 0;
let peerCounter: u32 = 0;
let rounds: u32 = 0;
let sharesHart: bool = false;
let order: string = "";

function pauseFor(cycles: u64): void {
  const end = Counters.cycles() + cycles;
  while (Counters.cycles() < end) {}
}

function send(value: u32): void {
  store32(ownCounter, value);
  peer.signal();
}

function expectSignal(badge: u64, value: u32): void {
  if (badge != peerBit) throw new Error(`badge ${badge.toString()} instead of ${peerBit.toString()}`);
  const seen = load32(peerCounter);
  if (seen != value) throw new Error(`${seen.toString()} signals came, not ${value.toString()}`);
}

/** One signal, one wait. The pauses let signals meet the other running, falling asleep and asleep. */
function takeTurns(begins: bool): void {
  for (let i: u32 = 1; i <= rounds; i++) {
    if (begins) send(i);
    expectSignal(i % 3 == 0 ? poll() : UserSignals.wait(), i);
    pauseFor(i % 16 == 5 ? LONG : (i * 37) % 400);
    if (!begins) send(i);
  }
}

function poll(): u64 {
  let badge = UserSignals.poll();
  while (badge == 0) {
    if (sharesHart) yieldHart();
    badge = UserSignals.poll();
  }
  return badge;
}

/** Many signals, of which the last must be seen; then the other way round. */
function storm(begins: bool): void {
  let value = rounds;
  for (let i: u32 = 0; i < rounds / STORM; i++) {
    const sends = ((i & 1) == 0) == begins;
    for (let j: u32 = 1; sends && j <= STORM; j++) send(value + j);
    value += STORM;
    while (!sends && load32(peerCounter) < value) UserSignals.wait();
    answer(sends, value);
  }
}

/** So that no storm meets the one before. */
function answer(sent: bool, value: u32): void {
  if (!sent) send(value);
  while (load32(peerCounter) < value) UserSignals.wait();
}

function waiter(number: u32): void {
  UserSignals.wait();
  order += number.toString();
}

/** Three coroutines wait, and three signals wake them in the order in which they came. */
function waitTogether(): void {
  for (let i: u32 = 1; i <= 3; i++) Coroutine.spawnWith(waiter, i, "waiter");
  for (let i: u32 = 1; i <= 3; i++) {
    Coroutine.sleep(100);
    peer.signal();
    while (<u32>order.length < i) Coroutine.sleep(100);
  }
}

function wakeTogether(): void {
  for (let i: u32 = 1; i <= 3; i++) {
    UserSignals.wait();
    peer.signal();
  }
}

export function main(): void {
  const name = Process.arguments[0];
  const begins = Process.arguments[1] == "0";
  rounds = U32.parseInt(Process.arguments[2]);
  sharesHart = Process.arguments[3] == "0";
  peer = UserSignals.to(name);
  peerBit = UserSignals.from(name);
  const data = <u32>AsyncChannel.with(name).data;
  ownCounter = data + (begins ? 0 : 64);
  peerCounter = data + (begins ? 64 : 0);
  if (begins) waitTogether();
  else wakeTogether();
  takeTurns(begins);
  storm(begins);
  if (begins) console.log(`signals: ${order}, ${load32(peerCounter).toString()}`);
}
