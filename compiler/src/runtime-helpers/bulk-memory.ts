/** `memory.copy` (overlap allowed) and `memory.fill` as IR: (destination, source or byte, bytes), all i32. */

/** Stores of `value` at `at`, one behind the other. */
const stores = (at: string, value: string, count: number): string =>
  Array.from({ length: count }, (_, k) => `  store [offset=${8 * k} size=8] ${at}, ${value}`).join("\n");

/** Bytes until the destination is aligned, then 64 at a time, then 8, then the rest. */
const FILL = `
function __memoryFill(i32,i32,i32)-> {
b0:
  v0: i32 = param [index=0]
  v1: i32 = param [index=1]
  v2: i32 = param [index=2]
  v3: i64 = extu v1
  v4: i64 = and v3, 255:i64
  v5: i64 = mul v4, 0x0101010101010101:i64
  v6: i32 = add v0, v2
  jump b1
b1 (b0, b3):
  v7: i32 = phi v0, v8
  v9: i32 = eq v7, v6
  branch v9, b11, b2
b2 (b1):
  v10: i32 = and v7, 7:i32
  branch v10, b3, b4
b3 (b2):
  store [offset=0 size=1] v7, v1
  v8: i32 = add v7, 1:i32
  jump b1
b4 (b2):
  v11: i32 = sub v6, v7
  v12: i32 = and v11, -64:i32
  v13: i32 = add v7, v12
  v14: i32 = and v11, -8:i32
  v15: i32 = add v7, v14
  jump b5
b5 (b4, b6):
  v16: i32 = phi v7, v17
  v18: i32 = eq v16, v13
  branch v18, b7, b6
b6 (b5):
${stores("v16", "v5", 8)}
  v17: i32 = add v16, 64:i32
  jump b5
b7 (b5, b8):
  v19: i32 = phi v16, v20
  v21: i32 = eq v19, v15
  branch v21, b9, b8
b8 (b7):
  store [offset=0 size=8] v19, v5
  v20: i32 = add v19, 8:i32
  jump b7
b9 (b7, b10):
  v22: i32 = phi v19, v23
  v24: i32 = eq v22, v6
  branch v24, b11, b10
b10 (b9):
  store [offset=0 size=1] v22, v1
  v23: i32 = add v22, 1:i32
  jump b9
b11 (b1, b9):
  return
}`;

/** One way to copy, upwards or downwards. */
interface Direction {
  /** Number of its first block, and of its first value. */
  block: number;
  value: number;
  /** 1: upwards; -1: downwards. */
  sign: 1 | -1;
  /** Where it begins in the destination and in the source, and where in the destination it ends. */
  to: string;
  from: string;
  end: string;
  /** What it does first. */
  prefix?: string;
}

const ENTRY = "b0";
const RETURN = "b24";
/** The difference of destination and source. */
const DISTANCE = "v4";
const WORDS_A_TURN = 4;

/** Where source and destination are equally aligned, bytes until they are at a word, then 32 at a time, then 8, then the rest. */
function copy({ block, value, sign, to, from, end, prefix = "" }: Direction): string {
  const b = (k: number) => `b${block + k}`;
  const v = (k: number) => `v${value + k}`;
  const byteAt = sign > 0 ? 0 : -1;
  const wordAt = sign > 0 ? 0 : -8;
  const left = (at: string) => (sign > 0 ? `sub ${end}, ${at}` : `sub ${at}, ${end}`);
  const ahead = sign > 0 ? "add" : "sub";
  const words = Array.from({ length: WORDS_A_TURN }, (_, k) => {
    const [word, place] = [`v${70 + (sign > 0 ? k : WORDS_A_TURN + k)}`, `offset=${wordAt + 8 * k * sign}`];
    return `  ${word}: i64 = load [${place} size=8 signed=1] ${v(15)}\n  store [${place} size=8] ${v(13)}, ${word}`;
  });
  return `${b(0)} (${ENTRY}):
${prefix}  ${v(0)}: i32 = and ${DISTANCE}, 7:i32
  branch ${v(0)}, ${b(9)}, ${b(1)}
${b(1)} (${b(0)}, ${b(3)}):
  ${v(1)}: i32 = phi ${to}, ${v(2)}
  ${v(3)}: i32 = phi ${from}, ${v(4)}
  ${v(5)}: i32 = eq ${v(1)}, ${end}
  branch ${v(5)}, ${RETURN}, ${b(2)}
${b(2)} (${b(1)}):
  ${v(6)}: i32 = and ${v(1)}, 7:i32
  branch ${v(6)}, ${b(3)}, ${b(4)}
${b(3)} (${b(2)}):
  ${v(7)}: i32 = load [offset=${byteAt} size=1 signed=0] ${v(3)}
  store [offset=${byteAt} size=1] ${v(1)}, ${v(7)}
  ${v(2)}: i32 = add ${v(1)}, ${sign}:i32
  ${v(4)}: i32 = add ${v(3)}, ${sign}:i32
  jump ${b(1)}
${b(4)} (${b(2)}):
  ${v(8)}: i32 = ${left(v(1))}
  ${v(9)}: i32 = and ${v(8)}, -32:i32
  ${v(10)}: i32 = ${ahead} ${v(1)}, ${v(9)}
  ${v(11)}: i32 = and ${v(8)}, -8:i32
  ${v(12)}: i32 = ${ahead} ${v(1)}, ${v(11)}
  jump ${b(5)}
${b(5)} (${b(4)}, ${b(6)}):
  ${v(13)}: i32 = phi ${v(1)}, ${v(14)}
  ${v(15)}: i32 = phi ${v(3)}, ${v(16)}
  ${v(17)}: i32 = eq ${v(13)}, ${v(10)}
  branch ${v(17)}, ${b(7)}, ${b(6)}
${b(6)} (${b(5)}):
${words.join("\n")}
  ${v(14)}: i32 = add ${v(13)}, ${32 * sign}:i32
  ${v(16)}: i32 = add ${v(15)}, ${32 * sign}:i32
  jump ${b(5)}
${b(7)} (${b(5)}, ${b(8)}):
  ${v(18)}: i32 = phi ${v(13)}, ${v(19)}
  ${v(20)}: i32 = phi ${v(15)}, ${v(21)}
  ${v(22)}: i32 = eq ${v(18)}, ${v(12)}
  branch ${v(22)}, ${b(9)}, ${b(8)}
${b(8)} (${b(7)}):
  ${v(23)}: i64 = load [offset=${wordAt} size=8 signed=1] ${v(20)}
  store [offset=${wordAt} size=8] ${v(18)}, ${v(23)}
  ${v(19)}: i32 = add ${v(18)}, ${8 * sign}:i32
  ${v(21)}: i32 = add ${v(20)}, ${8 * sign}:i32
  jump ${b(7)}
${b(9)} (${b(0)}, ${b(7)}, ${b(10)}):
  ${v(24)}: i32 = phi ${to}, ${v(18)}, ${v(25)}
  ${v(26)}: i32 = phi ${from}, ${v(20)}, ${v(27)}
  ${v(28)}: i32 = eq ${v(24)}, ${end}
  branch ${v(28)}, ${RETURN}, ${b(10)}
${b(10)} (${b(9)}):
  ${v(29)}: i32 = load [offset=${byteAt} size=1 signed=0] ${v(26)}
  store [offset=${byteAt} size=1] ${v(24)}, ${v(29)}
  ${v(25)}: i32 = add ${v(24)}, ${sign}:i32
  ${v(27)}: i32 = add ${v(26)}, ${sign}:i32
  jump ${b(9)}
`;
}

const UPWARDS: Direction = { block: 1, value: 6, sign: 1, to: "v0", from: "v1", end: "v3" };
const DOWNWARDS: Direction = {
  ...{ block: 12, value: 37, sign: -1, to: "v3", from: "v36", end: "v0" },
  prefix: "  v36: i32 = add v1, v2\n",
};

/** Upwards unless the destination begins inside the source. */
const COPY = `
function __memoryCopy(i32,i32,i32)-> {
b0:
  v0: i32 = param [index=0]
  v1: i32 = param [index=1]
  v2: i32 = param [index=2]
  v3: i32 = add v0, v2
  v4: i32 = sub v0, v1
  v5: i32 = ltu v4, v2
  branch v5, b12, b1
${copy(UPWARDS)}${copy(DOWNWARDS)}b24 (b2, b10, b13, b21):
  return
}`;

/** Helper name → IR text. */
export const BULK_MEMORY: Readonly<Record<string, string>> = { __memoryFill: FILL, __memoryCopy: COPY };
