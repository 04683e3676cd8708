/**
 * Several coroutines call a server, each as if it were alone. Whether the calls stop the whole program, or go over a ring, says the
 * system description; nothing here does.
 */
import { Coroutine, Counters, IpcBuffer, Message, MessageText, Process, Server } from "rel4";
import { DONE, LENGTH, SQUARE, SUM } from "./protocol";

const COROUTINES: u32 = 16;
const ROUNDS: u32 = 25;

let server: Server = changetype<Server>(0);
let right: u32 = 0;

function callRepeatedly(number: u32): void {
  for (let i: u32 = 0; i < ROUNDS; i++) {
    const base: u64 = number * ROUNDS + i;
    server.call(SQUARE, 1, base);
    if (Message.label == DONE && Message.length == 2 && Message.word0 == base * base) right++;
    IpcBuffer.setWord(4, base + 4);
    IpcBuffer.setWord(5, base + 5);
    server.call(SUM, 6, base, base + 1, base + 2, base + 3);
    if (Message.label == DONE && Message.length == 1 && Message.word0 == 6 * base + 15) right++;
  }
}

/** Text too long for a ring is sent synchronously. */
function sendText(): void {
  const text = "a text that takes more than the seven words of a request over a ring";
  const bytes = MessageText.write(text);
  server.call(LENGTH, MessageText.registers(bytes), bytes);
  if (Message.word0 == <u64>text.length) right++;
}

export function main(): void {
  server = Server.named("server");
  const traps = Counters.traps();
  const coroutines: Coroutine[] = [];
  for (let i: u32 = 0; i < COROUTINES; i++) coroutines.push(Coroutine.spawnWith(callRepeatedly, i, "caller"));
  coroutines.push(Coroutine.spawn(sendText, "writer"));
  for (let i = 0; i < coroutines.length; i++) coroutines[i].join();
  const taken = Counters.traps() - traps;
  server.call(100, 3, 1, 2, 3);
  const isUnknown = Message.label == 100 && Message.length == 0;
  server.call(SQUARE, 1);
  const answered = Message.word1;
  const calls = 2 * COROUTINES * ROUNDS + 1;
  console.log(
    `client: ${right.toString()} of ${calls.toString()} are right, ${answered.toString()} were answered`,
  );
  console.log(`client: what is unknown comes back ${isUnknown ? "as it went" : "changed"}`);
  if (Process.arguments.includes("--traps")) console.log(`traps: ${taken.toString()}`);
}
