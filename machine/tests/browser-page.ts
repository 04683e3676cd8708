// What the browser test's page runs: the machine with the program the page's server gives it, loaded and booted as a compressed kernel,
// its console as text; and then two machines on a hub.
import { boot, Machine, NetworkHub, type NetworkLink, runTogether, virtioNetwork } from "../src/index";

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

async function run(machine: Machine): Promise<{ reason: string; output: string }> {
  const output: number[] = [];
  machine.console.onOutput((bytes) => output.push(...bytes));
  const { reason } = await machine.run({ maxInstructions: 1_000_000 });
  return { reason, output: new TextDecoder().decode(Uint8Array.from(output)) };
}

async function main(): Promise<void> {
  const settings = { core: await bytesOf("core.wasm"), harts: 2, memory: 16 << 20 };
  const machine = await Machine.create({ ...settings, firmware: "sbi" });
  machine.loadElf(await bytesOf("program.elf"));
  const loaded = await run(machine);
  const booted = await run(await boot({ ...settings, kernel: await bytesOf("program.elf.gz") }));
  const hub = new NetworkHub();
  const pair = [await networked("ping.elf", hub.connect()), await networked("pong.elf", hub.connect())];
  const results = await runTogether(pair, { hubs: [hub], maxInstructions: 1_000_000 });
  const together = results.map(({ reason }) => reason);
  document.body.textContent = JSON.stringify({ loaded, booted, together });
}

main().catch((error: unknown) => {
  document.body.textContent = JSON.stringify({ error: String(error) });
});
