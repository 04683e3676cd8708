/**
 * The declarations of `compiler/lib/rv.ts` (where they are explained) as the compiler itself serves them: it reads no
 * files of its own, so that it runs in a browser. A test holds the two together.
 */
const SIGNATURES = [
  "csrRead(csr: u32): u64",
  "csrWrite(csr: u32, value: u64): void",
  "csrSet(csr: u32, mask: u64): void",
  "csrClear(csr: u32, mask: u64): void",
  "csrSwap(csr: u32, value: u64): u64",
  "csrSetRead(csr: u32, mask: u64): u64",
  "csrClearRead(csr: u32, mask: u64): u64",
  "rdcycle(): u64",
  "rdtime(): u64",
  "rdinstret(): u64",
  "fence(predecessor: u32, successor: u32): void",
  "fenceI(): void",
  "sfenceVma(): void",
  "sfenceVmaAddress(address: u64): void",
  "sfenceVmaAsid(asid: u64): void",
  "sfenceVmaAddressAsid(address: u64, asid: u64): void",
  "wfi(): void",
  "pause(): void",
  "waitWhileEqual32(pointer: u32, value: u32): void",
  "unlikely(condition: bool): bool",
  "ecall(a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64, a6: u64, a7: u64): u64",
  "ecallResult(index: u32): u64",
  "breakpoint(): void",
  "threadPointer(): u64",
  "setThreadPointer(value: u64): void",
  "contextSwitch(from: u32, to: u32): void",
  "switchStack(from: u32, to: u32): void",
  "isPushedAtSuspension(pointer: usize): bool",
  "stackEntry(index: u32): u64",
  "stackPointer(): u64",
  "functionAddress(index: u32): u64",
  "handlerAddress(index: u32): u64",
  "uipiSend(index: u64): void",
  "uipiRead(): u64",
  "uipiWrite(bits: u64): void",
  "uipiActivate(): void",
  "uipiDeactivate(): void",
  "load8(address: u64): u32",
  "load16(address: u64): u32",
  "load32(address: u64): u32",
  "load64(address: u64): u64",
  "store8(address: u64, value: u32): void",
  "store16(address: u64, value: u32): void",
  "store32(address: u64, value: u32): void",
  "store64(address: u64, value: u64): void",
  "loadAcquire32(pointer: u32): u32",
  "loadAcquire64(pointer: u32): u64",
  "storeRelease32(pointer: u32, value: u32): void",
  "storeRelease64(pointer: u32, value: u64): void",
];

function atomicSignatures(): string[] {
  const signatures: string[] = [];
  for (const operation of ["Swap", "Add", "And", "Or", "Xor"]) {
    for (const bits of [32, 64]) {
      for (const ordering of ["", "Acquire", "Release", "AcqRel"]) {
        const type = `u${bits}`;
        signatures.push(`amo${operation}${bits}${ordering}(pointer: u32, value: ${type}): ${type}`);
      }
    }
  }
  return signatures;
}

/** AssemblyScript source of the intrinsics' module. */
export function intrinsicsSource(): string {
  return [...SIGNATURES, ...atomicSignatures()]
    .map((signature) => `export declare function ${signature};\n`)
    .join("");
}
