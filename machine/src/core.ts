// The core module (machine/core compiled to wasm) as TypeScript sees it: its exports, its imports, its memory.
import * as S from "../core/state";
import { MachineError } from "./errors";
import type { HartCore } from "./hart";

/** What the core exports; harts are numbers, clocks are cycles, times are mtime ticks. */
export interface CoreExports extends HartCore {
  powerOn(harts: number, ramSize: bigint, quantum: number, features: number): void;
  run(): number;
  now(): bigint;
  nextActivity(): bigint;
  passIdleTime(clock: bigint): void;
  time(): bigint;
  setTime(ticks: bigint): void;
  setMachineTimer(hart: number, ticks: bigint): void;
  setSupervisorTimer(hart: number, ticks: bigint): void;
  requestStop(): void;
  reschedule(): void;
  memoryWritten(address: bigint, length: bigint): void;
}

/** What the core calls back; see core/host.ts. */
export interface CoreImports {
  busRead(address: number, bytes: number): bigint;
  busWrite(address: number, bytes: number, value: bigint): void;
  environmentCall(hart: number): void;
  event(kind: number, hart: number, a: bigint, b: bigint, c: bigint, d: bigint): void;
}

/** Why run() returned; the numbers are those of core/scheduler.ts. */
export const CoreRun = { budget: 0, stop: 1, idle: 2, event: 3, pause: 4 } as const;

/** Core modules by their bytes, so that several machines compile it once. */
const compiled = new WeakMap<Uint8Array, Promise<WebAssembly.Module>>();

/** Compiles the core's wasm bytes, once for each array. */
function compileCore(core: Uint8Array): Promise<WebAssembly.Module> {
  let module = compiled.get(core);
  if (!module) {
    module = WebAssembly.compile(core as BufferSource);
    compiled.set(core, module);
  }
  return module;
}

/** Makes an instance of the core with memory for `ramSize` bytes of guest RAM. */
export async function instantiateCore(
  core: WebAssembly.Module | Uint8Array,
  ramSize: number,
  imports: CoreImports,
): Promise<{ exports: CoreExports; memory: WebAssembly.Memory }> {
  const module = core instanceof Uint8Array ? await compileCore(core) : core;
  const memory = allocate(ramSize);
  const instance = await WebAssembly.instantiate(module, { env: { memory }, host: { ...imports } });
  return { exports: instance.exports as unknown as CoreExports, memory };
}

function allocate(ramSize: number): WebAssembly.Memory {
  const pages = Math.ceil((S.RAM_BASE + ramSize + S.RAM_SLACK) / 65536);
  try {
    return new WebAssembly.Memory({ initial: pages });
  } catch {
    throw new MachineError(
      `this host cannot provide ${ramSize} bytes of guest memory`,
      "give the machine less memory",
    );
  }
}
