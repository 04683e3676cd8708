// Guests that run random words as code, with registers pointing at devices: whatever they do, the host sees a result, never an
// exception or a hang.
import { describe, expect, it } from "vitest";
import { OPCODES } from "../../compiler/src/assembler/opcodes";
import { ensureCore } from "../../tools/build-core";
import {
  Machine,
  NetworkHub,
  OverlayDisk,
  Terminal,
  virtioBlock,
  virtioConsole,
  virtioEntropy,
  virtioNetwork,
  ZeroDisk,
} from "../src/index";
import { Random } from "../src/test-support/random";

const SEED = Number(process.env.SEED ?? 1);
const GUESTS = 30;
const INSTRUCTIONS = 30_000;
const RAM = 0x8000_0000;
const MEMORY = 1 << 20;
const CODE_WORDS = 2048;
const CSR_MTVEC = 0x305;
const CSR_STVEC = 0x105;
/** Registers that are worth pointing at. */
const TARGETS = [
  0x0,
  0x10_0000,
  0x10_1000,
  0x10_1008,
  0x200_0000,
  0x200_4000,
  0x200_bff8,
  0x2f1_0000,
  0x2f1_3fe0,
  0xc00_0000,
  0xc00_1000,
  0xc00_2000,
  0xc20_0000,
  0xc5f_fffc,
  0x1000_0000,
  0x1000_0005,
  0x1000_1030,
  0x1000_1070,
  0x1000_2038,
  0x1000_2080,
  0x1000_3044,
  0x1000_4050,
  RAM,
  RAM + 0x1000,
  RAM + MEMORY - 4,
];
const MATCHES = Object.values(OPCODES).map(({ match }) => match);
/** rd, rs1, rs2 and the upper bits: what is left of an instruction when its opcode and funct3 are fixed. */
const OPERANDS = 0xfff8_8f80;

/** A random word; three of four are instructions with random operands. */
function codeWord(random: Random): number {
  if (random.chance(4)) return random.next();
  const match = random.pick(MATCHES);
  return random.chance(2)
    ? (match | (random.next() & OPERANDS)) >>> 0
    : (match | (random.next() & 0x01ff_8f80)) >>> 0;
}

async function hostileMachine(random: Random): Promise<Machine> {
  const firmware = random.pick(["sbi", "none"] as const);
  const harts = 1 + random.below(3);
  const uintc = !random.chance(3);
  const virtio = [
    virtioBlock(new OverlayDisk(new ZeroDisk(1 << 20))),
    virtioNetwork(new NetworkHub().connect()),
    virtioEntropy(),
    virtioConsole(new Terminal()),
  ];
  const machine = await Machine.create({
    core: await ensureCore(),
    harts,
    memory: MEMORY,
    firmware,
    uintc,
    virtio,
    virtioLegacy: random.chance(3),
  });
  const code = new Uint32Array(CODE_WORDS);
  for (let index = 0; index < code.length; index++) code[index] = codeWord(random);
  machine.memory.write(RAM, new Uint8Array(code.buffer));
  machine.boot(BigInt(RAM));
  for (const hart of machine.harts) {
    // Traps lead back into the code, so that a guest does not end at its first mistake.
    for (const vector of [CSR_MTVEC, CSR_STVEC])
      hart.setCsr(vector, BigInt(RAM + 4 * random.below(CODE_WORDS)));
    for (let register = 1; register < 32; register++)
      hart.setX(register, random.chance(3) ? random.bits64() : BigInt(random.pick(TARGETS)));
  }
  return machine;
}

describe("a hostile guest", () => {
  it(`cannot harm the host (${GUESTS} guests)`, async () => {
    const reasons = new Set<string>();
    for (let guest = 0; guest < GUESTS; guest++) {
      const machine = await hostileMachine(new Random(SEED + guest));
      machine.console.input("typed ahead");
      const run = () => reasons.add(machine.runSync({ maxInstructions: INSTRUCTIONS }).reason);
      expect(run, `seed ${SEED + guest}`).not.toThrow();
    }
    expect([...reasons]).not.toContain("until");
  });
});
