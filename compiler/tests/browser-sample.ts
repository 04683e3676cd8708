/** The program that the browser and Node both compile. */
import type { CompileOptions } from "../src/index";

const FILES: Record<string, string> = {
  "/app/main.ts": `import { rdcycle } from "rv";
import { greeting } from "./greeting";
export function onAbort(message: usize, file: usize, line: u32, column: u32): void {
  unreachable();
}
export function _start(): i32 {
  return greeting("browser").length + <i32>(rdcycle() & 1);
}
`,
  "/app/greeting.ts": 'export function greeting(name: string): string {\n  return "hello, " + name;\n}\n',
};

export const SAMPLE: CompileOptions = {
  entries: ["/app/main.ts"],
  readFile: (path) => FILES[path] ?? null,
  textBase: 0x40_0000n,
  dataBase: 0x1000_0000,
  memoryPages: 0x1100,
  isa: { bitmanip: true, compressed: true },
  runtime: "stub",
  imports: { "env.abort": "onAbort" },
  entry: "_start",
};

/** SHA-256 in hexadecimal. */
export async function elfDigest(elf: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(elf)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
