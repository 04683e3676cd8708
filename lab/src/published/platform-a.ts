/**
 * What was published for ReL4 on its own hardware: Zynq UltraScale+ FPGA, four Rocket cores with the N extension and a
 * UINTC, 100 MHz. Read off the figures of the project's website (rel4team.github.io, "Performance Evaluation":
 * async_ipc.png and async_syscall.png), cycles to about ± 80.
 */

/** Values by concurrency. */
export type ByConcurrency = Readonly<Record<number, number>>;

/** Cycles of one IPC round trip; the synchronous ones do not depend on concurrency. */
export const PUBLISHED_IPC_CYCLES: Readonly<Record<string, number | ByConcurrency>> = {
  "sync-fastpath": 3000,
  "sync-slowpath": 8090,
  "sync-smp": 19470,
  "async-up": { 1: 10560, 2: 5990, 4: 3450, 8: 2470, 16: 1950, 32: 1720 },
  "async-smp": { 1: 10340, 2: 4570, 4: 2250, 8: 1870, 16: 1570, 32: 1420 },
};

/** U-notifications to the server for one IPC. */
export const PUBLISHED_IPC_NOTIFICATIONS: Readonly<Record<string, ByConcurrency>> = {
  "async-up": { 1: 1, 2: 0.5, 4: 0.25, 8: 0.125, 16: 0.0625, 32: 0.031 },
  "async-smp": { 1: 1, 2: 0.5, 4: 0.25, 8: 0.22, 16: 0.175, 32: 0.167 },
};

/** The same on two cores by the server's work, a product of n × n matrices: concurrency → n → U-notifications for one IPC. */
export const PUBLISHED_IPC_WORK: Readonly<Record<number, ByConcurrency>> = {
  8: { 0: 0.222, 10: 0.176, 20: 0.113, 30: 0 },
  16: { 0: 0.176, 10: 0.13, 20: 0.077, 30: 0 },
  32: { 0: 0.168, 10: 0.098, 20: 0, 30: 0 },
};

/** Cycles of one system call of the memory-allocation server (map and unmap). */
export const PUBLISHED_SYSCALL_CYCLES: Readonly<Record<string, number | ByConcurrency>> = {
  sync: 8150,
  "async-up": { 8: 22700, 16: 12300, 32: 7100, 64: 6200, 128: 6200, 256: 6100, 512: 6100 },
  "async-smp": { 8: 20000, 16: 9600, 32: 5650, 64: 5350, 128: 5350, 256: 5250, 512: 5250 },
};

/** Traps into the kernel for one of these system calls. */
export const PUBLISHED_SYSCALL_TRAPS: Readonly<Record<string, number | ByConcurrency>> = {
  sync: 1,
  "async-up": { 8: 0.125, 16: 0.063, 32: 0.031, 64: 0.0265, 128: 0.026, 256: 0.025, 512: 0.025 },
  "async-smp": { 8: 0.143, 16: 0.081, 32: 0.075, 64: 0.049, 128: 0.04, 256: 0.034, 512: 0.032 },
};

/** The published value for a mode and concurrency, or null where there is none. */
export function publishedValue(
  values: Readonly<Record<string, number | ByConcurrency>>,
  mode: string,
  concurrency: number,
): number | null {
  const value = values[mode];
  if (typeof value === "number") return value;
  return value?.[concurrency] ?? null;
}
