/** A server under test: clients call it, some of which may be hostile; the honest ones check every answer. */
import type { RunOptions, RunResult } from "./client-run";
import { HonestClient } from "./honest-peer";
import { HostilePeer } from "./hostile-peer";
import { makeChannel } from "./layout";
import { type Peer, Program } from "./program";
import { Random } from "./random";
import { RestartingPeer } from "./restarting-peer";

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
  const clients: HonestClient[] = [];
  const peers: Peer[] = channels.map((channel) =>
    channel.number < options.honest
      ? new RestartingPeer(program, random, channel, options.restarts ?? 0, (generation) => {
          const { calls } = options;
          const client = new HonestClient(program, random, channel, userInterrupts, calls, generation);
          clients.push(client);
          return client;
        })
      : new HostilePeer(program, random, channel, () => []),
  );
  program.peers = peers;
  program.isDone = () => peers.every((peer) => peer.isDone);
  // handlers that may wait have coroutines of their own
  program.resume = (coroutine) => program.runOwn(coroutine);
  program.run(() => program.guest.startService());
  const made = clients.reduce((sum, client) => sum + client.made, 0);
  const handled = program.guest.handledRequests();
  if (options.hostile === 0 && handled > made) throw new Error(`${handled} requests handled of ${made} made`);
  const called = options.honest * options.calls;
  const failed = made - called;
  return { answered: called, called, failed, sleeps: program.sleeps, interrupts: program.interrupts };
}
