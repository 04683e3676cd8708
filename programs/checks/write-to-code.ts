/** Overwrites its own first instruction. */
export function main(): void {
  store<u32>(0x40_0000, 0);
}
