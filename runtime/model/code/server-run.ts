/** A server under test: clients call it, some of which may be hostile; the honest ones check every answer. */
import type { RunOptions, RunResult } from "./client-run";
import { HonestClient } from "./honest-peer";
import { HostilePeer } from "./hostile-peer";
import { makeChannel } from "./layout";
import { type Peer, Program } from "./program";
import { Random } from "./random";

const COROUTINES = 6;

/** @throws Error when a check fails */
export function runServer(module: WebAssembly.Module, options: RunOptions): RunResult {
  const random = new Random(options.seed);
  const channels = Array.from({ length: options.honest + options.hostile }, (_, i) =>
    makeChannel(i, true, random.oneIn(2), random.below(2)),
  );
  const userInterrupts = random.oneIn(2);
  const program = new Program(module, random, {
    channels,
    userInterrupts,
    waitOnReservation: random.oneIn(2),
    coroutines: COROUTINES,
    chance: random.pick([1, 4, 16]),
  });
  const peers: Peer[] = channels.map((channel) =>
    channel.number < options.honest
      ? new HonestClient(program, random, channel, userInterrupts, options.calls)
      : new HostilePeer(program, random, channel, () => []),
  );
  program.peers = peers;
  program.isDone = () => peers.every((peer) => peer.isDone);
  // handlers that may wait have coroutines of their own
  program.resume = (coroutine) => program.runOwn(coroutine);
  program.run(() => program.guest.startService());
  const called = options.honest * options.calls;
  return { answered: called, called, failed: 0, sleeps: program.sleeps, interrupts: program.interrupts };
}
