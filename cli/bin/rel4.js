#!/usr/bin/env node
// The `rel4` command. The sources are TypeScript and run as they are (typescript-loader.js).
import { register } from "node:module";

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(`rel4 needs Node 20 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
if (process.env.REL4_DEBUG) process.setSourceMapsEnabled(true);
register("./typescript-loader.js", import.meta.url);
const { main } = await import("../src/main.ts");
await main(process.argv);
