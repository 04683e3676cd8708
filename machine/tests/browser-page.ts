// What the browser test's page runs: the machine with the program the page's server gives it, its console as text, and then two
// machines on a hub.
import { Machine, NetworkHub, type NetworkLink, runTogether, virtioNetwork } from "../src/index";

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

async function networked(program: string, link: NetworkLink): Promise<Machine> {
  const machine = await Machine.create({
    core: await bytesOf("core.wasm"),
    harts: 1,
    memory: 1 << 20,
    firmware: "none",
    virtio: [virtioNetwork(link)],
  });
  machine.loadElf(await bytesOf(program));
  return machine;
}

async function main(): Promise<void> {
  const machine = await Machine.create({
    core: await bytesOf("core.wasm"),
    harts: 2,
    memory: 16 << 20,
    firmware: "sbi",
  });
  const output: number[] = [];
  machine.console.onOutput((bytes) => output.push(...bytes));
  machine.loadElf(await bytesOf("program.elf"));
  const result = await machine.run({ maxInstructions: 1_000_000 });
  const hub = new NetworkHub();
  const pair = [await networked("ping.elf", hub.connect()), await networked("pong.elf", hub.connect())];
  const together = await runTogether(pair, { hubs: [hub], maxInstructions: 1_000_000 });
  document.body.textContent = JSON.stringify({
    reason: result.reason,
    together: together.map(({ reason }) => reason),
    output: new TextDecoder().decode(Uint8Array.from(output)),
  });
}

main().catch((error: unknown) => {
  document.body.textContent = JSON.stringify({ reason: String(error), output: "" });
});
