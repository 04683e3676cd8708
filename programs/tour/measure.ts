/**
 * The client's side of each mode: round trips to warm up, those that are timed, and one that closes the server's window.
 *
 * A short trial shows how long a round trip takes, so that a machine which takes milliseconds for one (an emulator on a
 * busy host) measures fewer of them instead of keeping its user waiting for minutes.
 * Every round trip carries a number to the server and the number after it back; a wrong answer ends the program.
 */
import { AsyncChannel, Counters, Message, Server, Signals, SignalTo } from "rel4";
import { load64, rdtime, store64 } from "rv";
import { CounterWindow } from "./counter-window";
import {
  ANSWER_OFFSET,
  BEGIN,
  LEAST_MEASURED,
  MOST_MEASURED,
  OVER_ENDPOINT,
  OVER_NOTIFICATION,
  PING,
  PING_OFFSET,
  REPORT,
  TIME_BUDGET,
  TRIAL,
  WARM_UP,
} from "./protocol";
import { Row } from "./row";

/** Cycles of each measured round trip. */
let samples = new StaticArray<u32>(0);
const counters = new CounterWindow();

/** Notes one round trip that began at cycle `start`, and opens and closes the counter window where it belongs. */
function note(trip: u32, start: u64, answer: u64): void {
  const end = Counters.cycles();
  if (answer != <u64>trip + 1)
    throw new Error(`wrong answer ${answer.toString()} to ping ${trip.toString()}`);
  const measured: u32 = samples.length;
  if (trip >= WARM_UP && trip < WARM_UP + measured) samples[trip - WARM_UP] = <u32>(end - start);
  if (trip == WARM_UP - 1) counters.open();
  if (trip == WARM_UP + measured - 1) counters.close();
}

/** Round trips of a mode in all. */
function allTrips(): u32 {
  return WARM_UP + samples.length + 1;
}

function pingOverEndpoint(server: Server): void {
  const trips = allTrips();
  for (let trip: u32 = 0; trip < trips; trip++) {
    const start = Counters.cycles();
    server.call(PING, 1, trip);
    note(trip, start, Message.word0);
  }
}

function pingOverNotification(server: SignalTo, data: usize): void {
  const trips = allTrips();
  for (let trip: u32 = 0; trip < trips; trip++) {
    const start = Counters.cycles();
    store64(data + PING_OFFSET, trip);
    server.signal();
    Signals.wait();
    note(trip, start, load64(data + ANSWER_OFFSET));
  }
}

function pingOverAsync(channel: AsyncChannel): void {
  const data = channel.data;
  const trips = allTrips();
  for (let trip: u32 = 0; trip < trips; trip++) {
    const start = Counters.cycles();
    store64(data + PING_OFFSET, trip);
    channel.notify();
    channel.wait();
    note(trip, start, load64(data + ANSWER_OFFSET));
  }
}

/** The row of the mode measured last. @param ownHart whether the server shares the client's hart and counters */
function makeRow(mode: string, server: Server, ownHart: bool): Row {
  server.call(REPORT);
  const traps = counters.trapsTaken + (ownHart ? 0 : Message.word0);
  const userInterrupts = counters.userInterruptsTaken + (ownHart ? 0 : Message.word1);
  return new Row(mode, ownHart ? 1 : 2, samples, traps, userInterrupts);
}

/** Pings `peer` in one way, timing `measured` round trips. */
function ping(way: u64, peer: string, measured: u32): void {
  samples = new StaticArray<u32>(measured);
  const server = Server.named(peer);
  server.call(BEGIN, 2, way, measured);
  if (way == OVER_ENDPOINT) pingOverEndpoint(server);
  else if (way == OVER_NOTIFICATION) pingOverNotification(SignalTo.named(peer), AsyncChannel.with(peer).data);
  else pingOverAsync(AsyncChannel.with(peer));
}

/** How many round trips fit into the time budget, judged by a trial. */
function affordableTrips(way: u64, peer: string): u32 {
  const start = rdtime();
  ping(way, peer, TRIAL);
  const ticks = rdtime() - start;
  const affordable = (TIME_BUDGET * (WARM_UP + TRIAL)) / max<u64>(ticks, 1);
  return <u32>max<u64>(LEAST_MEASURED, min<u64>(MOST_MEASURED, affordable));
}

/** Measures one mode. @param ownHart whether the server shares the client's hart and counters */
export function measure(mode: string, way: u64, peer: string, ownHart: bool): Row {
  const measured = affordableTrips(way, peer);
  ping(way, peer, measured);
  return makeRow(mode, Server.named(peer), ownHart);
}
