/**
 * The tour's server: answers each ping with the number after it, in the way the client asks for.
 *
 * Its counter window opens when the first measured ping has arrived and closes when the first one after the measured
 * ones has arrived, so it spans exactly as many round trips as the client measures.
 */
import { AsyncChannel, Message, Process, Service, Signals, SignalTo } from "rel4";
import { load64, store64 } from "rv";
import { CounterWindow } from "./counter-window";
import {
  ANSWER_OFFSET,
  BEGIN,
  OVER_ASYNC,
  OVER_NOTIFICATION,
  PING_OFFSET,
  REPORT,
  WARM_UP,
} from "./protocol";

const CLIENT = "client";
const counters = new CounterWindow();

function answerOverEndpoint(times: u32): void {
  for (let i: u32 = 0; i < times; i++) Service.replyAndReceive(0, 1, Message.word0 + 1);
}

/** Returns with the message after the last round trip received. */
function serveOverEndpoint(measured: u32): void {
  Service.replyAndReceive(0);
  answerOverEndpoint(WARM_UP);
  counters.open();
  answerOverEndpoint(measured);
  counters.close();
  answerOverEndpoint(1);
}

function answerOverNotification(times: u32, client: SignalTo, data: usize): void {
  for (let i: u32 = 0; i < times; i++) {
    store64(data + ANSWER_OFFSET, load64(data + PING_OFFSET) + 1);
    client.signal();
    Signals.wait();
  }
}

function serveOverNotification(channel: AsyncChannel, measured: u32): void {
  const client = SignalTo.named(CLIENT);
  Service.reply(0);
  Signals.wait();
  answerOverNotification(WARM_UP, client, channel.data);
  counters.open();
  answerOverNotification(measured, client, channel.data);
  counters.close();
  store64(channel.data + ANSWER_OFFSET, load64(channel.data + PING_OFFSET) + 1);
  client.signal();
  Service.receive();
}

function answerOverAsync(times: u32, channel: AsyncChannel): void {
  const data = channel.data;
  for (let i: u32 = 0; i < times; i++) {
    store64(data + ANSWER_OFFSET, load64(data + PING_OFFSET) + 1);
    channel.notify();
    channel.wait();
  }
}

function serveOverAsync(channel: AsyncChannel, measured: u32): void {
  Service.reply(0);
  channel.wait();
  answerOverAsync(WARM_UP, channel);
  counters.open();
  answerOverAsync(measured, channel);
  counters.close();
  store64(channel.data + ANSWER_OFFSET, load64(channel.data + PING_OFFSET) + 1);
  channel.notify();
  Service.receive();
}

/** Serves one mode; returns with the next message received. */
function serve(way: u64, measured: u32): void {
  if (way == OVER_NOTIFICATION) serveOverNotification(AsyncChannel.with(CLIENT), measured);
  else if (way == OVER_ASYNC) serveOverAsync(AsyncChannel.with(CLIENT), measured);
  else serveOverEndpoint(measured);
}

export function main(): void {
  Service.receive();
  for (;;) {
    if (Message.label == BEGIN) serve(Message.word0, <u32>Message.word1);
    else if (Message.label == REPORT) {
      Service.replyAndReceive(0, 2, counters.trapsTaken, counters.userInterruptsTaken);
    } else throw new Error(`${Process.name}: unexpected message ${Message.label.toString()}`);
  }
}
