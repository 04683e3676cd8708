import { readElf } from "@rel4/compiler";
import { Machine } from "@rel4/machine";
import { test } from "vitest";
import { ensureCore } from "../../../tools/build-core";
import { testImage } from "./test-image";

test("profile", async () => {
  const image = await testImage(process.env.GUEST!);
  const machine = await Machine.create({
    harts: 1,
    memory: 64 * 1024 * 1024,
    firmware: "sbi",
    core: await ensureCore(),
  });
  let output = "";
  machine.console.onOutput((bytes) => {
    output += new TextDecoder().decode(bytes);
  });
  machine.loadElf(image);
  machine.console.closeInput();
  const symbols = readElf(image)
    .symbols.filter((s) => s.address >= 0xffffffff80000000n || s.address < 0n)
    .map((s) => ({ name: s.name, address: BigInt.asUintN(64, s.address) }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
  const find = (pc: bigint) => {
    let lo = 0,
      hi = symbols.length - 1;
    while (lo < hi) {
      const m = (lo + hi + 1) >> 1;
      if (symbols[m]!.address <= pc) lo = m;
      else hi = m - 1;
    }
    return symbols[lo]!;
  };
  while (!output.includes("@")) {
    const r = machine.runSync({ maxInstructions: 2000 });
    if (r.reason !== "limit" && r.reason !== "instructions") {
      console.log(r, output);
      break;
    }
  }
  const counts = new Map<string, number>();
  const pcs = new Map<bigint, number>();
  let total = 0,
    user = 0;
  while (!output.includes("#")) {
    const pc = BigInt.asUintN(64, machine.harts[0]!.pc);
    if (pc < 0x8000000000n) user++;
    else {
      const s = find(pc);
      counts.set(s.name, (counts.get(s.name) ?? 0) + 1);
      pcs.set(pc, (pcs.get(pc) ?? 0) + 1);
      total++;
    }
    machine.runSync({ maxInstructions: 1 });
    if (total > 400000) break;
  }
  const n = Number(process.env.N ?? 1);
  (await import("node:fs")).writeFileSync("/tmp/ksys.elf", image);
  (await import("node:fs")).writeFileSync(
    "/tmp/ksys-pcs.txt",
    [...pcs].map(([k, v]) => `${k.toString(16)} ${v}`).join("\n"),
  );
  console.log("kernel", total, "user", user);
  console.log(
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 40)
      .map(([k, v]) => `${(v / n).toFixed(2)} ${k}`)
      .join("\n"),
  );
}, 400000);
