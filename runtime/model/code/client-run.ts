/** A client under test: coroutines that call servers, some of which may be hostile, and check every answer. */
import { type Answer, answerTo, callKey, HonestServer, type Words } from "./honest-peer";
import { HostilePeer } from "./hostile-peer";
import { makeChannel } from "./layout";
import { type Peer, Program } from "./program";
import { Random } from "./random";
import { RestartingPeer } from "./restarting-peer";

export interface RunOptions {
  seed: number;
  /** Peers that keep the rules, and how often each client's peer is ended and started again. */
  honest: number;
  restarts?: number;
  /** Whether coroutines give up some calls. */
  timeouts?: boolean;
  hostile: number;
  /** Calls of each coroutine that calls honest servers, or of each honest client. */
  calls: number;
}

/** A coroutine the test plays. */
interface Caller {
  server: number;
  callsLeft: number;
  /** The call it waits for; `isSent`: it waits for its response, not for room. */
  call?: { label: number; words: Words; answer: Answer; isSent: boolean };
}

const CALL_TIMED_OUT = 0xffff_ff01;
const PEER_HAS_ENDED = 0xffff_ff02;
/** Ticks after which calls are given up, at most. */
const LONGEST_PATIENCE = 40_000;
const MOST_COROUTINES = 24;

/** What a run did, to see that it tested something. */
export interface RunResult {
  answered: number;
  /** How many answers there should be. */
  called: number;
  /** Calls that failed because their server ended, and were made again. */
  failed: number;
  sleeps: number;
  interrupts: number;
}

/** @throws Error when a check fails */
export function runClient(module: WebAssembly.Module, options: RunOptions): RunResult {
  const random = new Random(options.seed);
  const channels = Array.from({ length: options.honest + options.hostile }, (_, i) =>
    // some channels share a vector
    makeChannel(i, false, random.oneIn(2), random.below(2)),
  );
  const userInterrupts = random.oneIn(2);
  // few, so that much depends on each wake-up, or more than the rings have room for
  const coroutines = random.pick([channels.length, MOST_COROUTINES]);
  const program = new Program(module, random, {
    channels,
    userInterrupts,
    waitOnReservation: random.oneIn(2),
    coroutines: coroutines + 2,
    chance: random.pick([1, 4, 16]),
  });
  const { guest } = program;
  const callers = new Map<number, Caller>();
  const clients: number[] = [];
  const isHonest = (server: number) => server < options.honest;
  let answered = 0;
  let failed = 0;
  /** Calls that have been made and have not reached their server. */
  const expected = new Set<string>();
  const peers: Peer[] = channels.map((channel) =>
    isHonest(channel.number)
      ? new RestartingPeer(
          program,
          random,
          channel,
          options.restarts ?? 0,
          (generation) => new HonestServer(program, random, channel, userInterrupts, expected, generation),
        )
      : new HostilePeer(program, random, channel, () => ids),
  );
  const ids: number[] = [];

  const receive = (coroutine: number, caller: Caller) => {
    const { call } = caller;
    guest.endTimer(coroutine);
    if (call && !call.isSent && guest.hasTimedOut(coroutine)) retry(caller);
    if (!call?.isSent) return;
    if (!isHonest(caller.server)) {
      caller.call = undefined;
      return;
    }
    const response = guest.responseOf(coroutine);
    const code = guest.codeOf(response) >>> 0;
    if (code === PEER_HAS_ENDED) {
      fail(caller);
      return;
    }
    if (code === CALL_TIMED_OUT && options.timeouts) {
      // the server may still get it
      retry(caller);
      return;
    }
    const words = [0, 1, 2, 3].map((i) => BigInt.asUintN(64, guest.wordOf(response, i)));
    if (code !== call.answer.code || (code === 0 && `${words}` !== `${call.answer.words}`))
      throw new Error(`call ${call.label} ${call.words} is answered with ${code} ${words}`);
    answered += 1;
    caller.call = undefined;
  };

  /** The server has ended: the coroutine will make another call. */
  const fail = (caller: Caller) => {
    const server = peers[caller.server]!;
    if (!(server instanceof RestartingPeer) || server.ends === 0) throw new Error("a call fails");
    expected.delete(callKey(caller.call!.label, caller.call!.words));
    retry(caller);
  };

  /** Instead of this call it will make another one. */
  const retry = (caller: Caller) => {
    caller.call = undefined;
    caller.callsLeft += 1;
    failed += 1;
  };

  /** Returns only when the call fails at once. */
  const call = (caller: Caller) => {
    if (!caller.call) {
      const label = random.pick([1, 2, 3, 9]);
      const words: Words = [random.word(), random.word(), random.word(), random.word()];
      caller.call = { label, words, answer: answerTo(label, words), isSent: false };
      caller.callsLeft -= 1;
      if (isHonest(caller.server)) expected.add(callKey(label, words));
    }
    const { label, words } = caller.call;
    const client = clients[caller.server]!;
    const response =
      options.timeouts && random.oneIn(2)
        ? guest.callServerWithin(BigInt(random.below(LONGEST_PATIENCE)), client, label, ...words)
        : guest.callServer(client, label, ...words);
    const code = guest.codeOf(response) >>> 0;
    if (code !== PEER_HAS_ENDED) throw new Error(`a call has returned at once, with code ${code}`);
    fail(caller);
  };

  program.resume = (coroutine) => {
    const caller = callers.get(coroutine);
    if (!caller) throw new Error("a coroutine nobody knows is continued");
    if (guest.current() !== coroutine) throw new Error("another coroutine is current than the one continued");
    receive(coroutine, caller);
    if (!caller.call && random.oneIn(8)) guest.yieldTurn();
    while (caller.call || caller.callsLeft > 0) {
      call(caller);
      guest.yieldTurn();
    }
    guest.suspend();
  };
  program.leave = (coroutine) => {
    const caller = callers.get(coroutine);
    if (!caller?.call) return;
    const waitsFor = guest.waitsFor(coroutine);
    caller.call.isSent = waitsFor !== 0;
    if (caller.call.isSent) ids.push(guest.idOf(coroutine));
  };
  program.isDone = () =>
    callers.size === coroutines &&
    [...callers.values()].every(
      ({ server, callsLeft, call: c }) => !isHonest(server) || (callsLeft === 0 && !c),
    );

  program.peers = peers;
  program.run(() => {
    for (const channel of channels) clients.push(guest.openClient(channel.number));
    for (let i = 0; i < coroutines; i++) {
      const server = i % channels.length;
      const priority = options.seed % 3 === 0 ? random.below(8) : 1;
      callers.set(guest.spawnPlayed(priority), { server, callsLeft: options.calls });
    }
  });
  const called = options.calls * [...callers.values()].filter(({ server }) => isHonest(server)).length;
  return { answered, called, failed, sleeps: program.sleeps, interrupts: program.interrupts };
}
