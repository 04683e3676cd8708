import { PEER_RUNS } from "../../../abi/src/start-info";
import { AsyncClient } from "./async-client";
import { OUTCOME_PEER_ENDED } from "./coroutine";
import { CoroutineTable } from "./coroutine-table";
import { Ends } from "./ends";

export class News {
  /** Looks which peers have changed. */
  static read(): void {
    for (let end = Ends.first; changetype<u32>(end) != 0; end = end.nextEnd) {
      if (end.isKernel) continue;
      const epoch = end.currentEpoch();
      const runs = end.channel.presence == PEER_RUNS;
      if (epoch == end.epoch && runs != end.isDown) continue;
      if (!end.isService) failCalls(changetype<AsyncClient>(changetype<u32>(end)));
      end.isDown = !runs;
      if (epoch != end.epoch) end.begin(epoch);
      end.tryToOpen();
      end.announce();
      if (!end.isService) changetype<AsyncClient>(changetype<u32>(end)).coolDown();
    }
  }
}

/** The server is gone: nobody will answer. */
function failCalls(client: AsyncClient): void {
  for (let i: u32 = 0; i <= CoroutineTable.capacity; i++) {
    const coroutine = CoroutineTable.at(i);
    if (coroutine.waiting == changetype<u32>(client)) coroutine.interrupt(OUTCOME_PEER_ENDED);
  }
  while (!client.waiters.isEmpty) client.waiters.wakeFirst();
}
