/**
 * The client's side of each mode: `ALL_TRIPS` round trips, of which the middle ones are timed.
 *
 * Every round trip carries a number to the server and the number after it back; a wrong answer ends the program.
 */
import { AsyncChannel, Counters, Message, Server, Signals, SignalTo } from "rel4";
import { load64, store64 } from "rv";
import { CounterWindow } from "./counter-window";
import {
  ALL_TRIPS,
  ANSWER_OFFSET,
  BEGIN,
  MEASURED,
  OVER_ASYNC,
  OVER_ENDPOINT,
  OVER_NOTIFICATION,
  PING,
  PING_OFFSET,
  REPORT,
  WARM_UP,
} from "./protocol";
import { Row } from "./row";

/** Cycles of each measured round trip. */
const samples = new StaticArray<u32>(MEASURED);
const counters = new CounterWindow();

/** Notes one round trip that began at cycle `start`, and opens and closes the counter window where it belongs. */
function note(trip: u32, start: u64, answer: u64): void {
  const end = Counters.cycles();
  if (answer != <u64>trip + 1)
    throw new Error(`wrong answer ${answer.toString()} to ping ${trip.toString()}`);
  if (trip >= WARM_UP && trip < WARM_UP + MEASURED) samples[trip - WARM_UP] = <u32>(end - start);
  if (trip == WARM_UP - 1) counters.open();
  if (trip == WARM_UP + MEASURED - 1) counters.close();
}

function pingOverEndpoint(server: Server): void {
  for (let trip: u32 = 0; trip < ALL_TRIPS; trip++) {
    const start = Counters.cycles();
    server.call(PING, 1, trip);
    note(trip, start, Message.word0);
  }
}

function pingOverNotification(server: SignalTo, data: usize): void {
  for (let trip: u32 = 0; trip < ALL_TRIPS; trip++) {
    const start = Counters.cycles();
    store64(data + PING_OFFSET, trip);
    server.signal();
    Signals.wait();
    note(trip, start, load64(data + ANSWER_OFFSET));
  }
}

function pingOverAsync(channel: AsyncChannel): void {
  const data = channel.data;
  for (let trip: u32 = 0; trip < ALL_TRIPS; trip++) {
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

export function measureEndpoint(mode: string, peer: string, ownHart: bool): Row {
  const server = Server.named(peer);
  server.call(BEGIN, 1, OVER_ENDPOINT);
  pingOverEndpoint(server);
  return makeRow(mode, server, ownHart);
}

export function measureNotification(mode: string, peer: string): Row {
  const server = Server.named(peer);
  server.call(BEGIN, 1, OVER_NOTIFICATION);
  pingOverNotification(SignalTo.named(peer), AsyncChannel.with(peer).data);
  return makeRow(mode, server, false);
}

export function measureAsync(mode: string, peer: string): Row {
  const server = Server.named(peer);
  const channel = AsyncChannel.with(peer);
  server.call(BEGIN, 1, OVER_ASYNC);
  pingOverAsync(channel);
  return makeRow(mode, server, false);
}
