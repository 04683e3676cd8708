#!/usr/bin/env node
// The `rel4` command. The sources are TypeScript and run as they are: tsx translates them while they load.
import { register } from "tsx/esm/api";

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(`rel4 needs Node 20 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
register();
const { main } = await import("../src/main.ts");
await main(process.argv);
