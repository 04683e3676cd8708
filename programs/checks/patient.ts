/** Calls the program "stuck-server" asynchronously until it answers, and prints what became of the calls. */
import { AsyncClient, Coroutine, PEER_HAS_ENDED } from "rel4";

export function main(): i32 {
  const server = AsyncClient.to("stuck-server");
  let response = server.call(1);
  let failed = 0;
  while (response.code == PEER_HAS_ENDED) {
    failed++;
    Coroutine.yield();
    response = server.call(1);
  }
  if (response.code != 0) return 1;
  const generation = response.word0;
  console.log(
    `patient: ${failed == 0 ? "no call" : "some"} failed, answered by run ${generation.toString()}`,
  );
  return 0;
}
