/** Keeps everything it allocates. */
const kept: Uint8Array[] = [];

export function main(): void {
  for (;;) kept.push(new Uint8Array(10_000));
}
