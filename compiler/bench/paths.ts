/** What the benchmark calls: the same functions with the same arguments in the guest's and in the C program. */

/** An argument: a number, or an address given as an offset into the region. */
export type Argument = bigint | number | { at: number };

/** A call with its arguments. `pointer`: the result is an address, of which only the low half is compared. */
export interface Step {
  call: string;
  args?: Argument[];
  pointer?: boolean;
}

/** What a path mainly does; the geometric mean of each kind is reported. */
export type PathKind = "integers" | "floats";

/** A measured call, and unmeasured ones before it and after it (whose results must agree too). */
export interface Path extends Step {
  name: string;
  kind?: PathKind;
  before?: Step[];
  after?: Step[];
}

/** u32 address of the region every path works in. */
export const REGION = 0x8080_0000;

// Offsets in the region, as in guest/setup.ts.
const client = { at: 0x400 };
const clientCSpace = { at: 0x400 - 512 };
const endpoint = { at: 0x1000 };
const untyped = { at: 0x6000 + 32 };
const children = { at: 0x6400 };
const pageTable = { at: 0xa000 };
const ENDPOINT_ADDRESS = 0x359n;
const THREE_LEVEL_ADDRESS = 0x479n;
const FRAME_ADDRESS = 0xc0a0_7000n;
const FRAME = 0x9000_0000n;

// Scratch memory of the compute kernels.
const scratch = (index: number): { at: number } => ({ at: 0x5_0000 + 0x4000 * index });
const digest = (area: { at: number }, bytes: number): Step => ({ call: "digest", args: [area, bytes] });
const random = (area: { at: number }, words: number, seed: number): Step => ({
  call: "fillRandom",
  args: [area, words, seed],
});
const messages: Step = { call: "messageDigest" };
const MATRIX = 24;

const IPC_PATHS: Path[] = [
  {
    name: "capability lookup, 2 levels",
    before: [{ call: "setUp", args: [{ at: 0 }] }],
    call: "resolveAddress",
    args: [clientCSpace, ENDPOINT_ADDRESS, 64],
    after: [{ call: "lookupResult", pointer: true }],
  },
  {
    name: "capability lookup, 3 levels",
    call: "resolveAddress",
    args: [clientCSpace, THREE_LEVEL_ADDRESS, 64],
    after: [{ call: "lookupResult", pointer: true }],
  },
  {
    name: "fastpath call, 4 words",
    before: [{ call: "prepareFastpath" }],
    call: "fastpathCall",
    args: [ENDPOINT_ADDRESS, 4],
    after: [messages],
  },
  {
    name: "fastpath reply+receive, 4 words",
    call: "fastpathReplyReceive",
    args: [ENDPOINT_ADDRESS, 4],
    after: [messages],
  },
  { name: "fastpath call, 0 words", call: "fastpathCall", args: [ENDPOINT_ADDRESS, 0], after: [messages] },
  {
    name: "fastpath reply+receive, 0 words",
    call: "fastpathReplyReceive",
    args: [ENDPOINT_ADDRESS, 0],
    after: [messages],
  },
  { name: "fastpath refused", call: "fastpathCall", args: [ENDPOINT_ADDRESS, 200] },
  {
    name: "slow send, 40 words",
    before: [{ call: "prepareLongMessage" }],
    call: "send",
    args: [1, 0, 99, 1, client, endpoint],
    after: [messages],
  },
  { name: "schedule", call: "schedule" },
  { name: "20 timer ticks", call: "ticks", args: [20] },
];

const MEMORY_PATHS: Path[] = [
  {
    name: "map frame",
    call: "mapFrame",
    args: [pageTable, FRAME_ADDRESS, FRAME, 0, 3, 1],
    after: [{ call: "mappedEntry" }],
  },
  {
    name: "unmap frame",
    call: "unmapFrame",
    args: [pageTable, FRAME_ADDRESS, FRAME, 0],
    after: [{ call: "mappedEntry" }],
  },
  {
    name: "derive 32 capabilities",
    call: "insertChildren",
    args: [untyped, children, { at: 0 }, 32],
    after: [digest(children, 1024)],
  },
  { name: "revoke 32 capabilities", call: "revoke", args: [untyped], after: [digest(children, 1024)] },
  { name: "decode 588 invocations", call: "decodeAll" },
];

const HASH_PATHS: Path[] = [
  {
    name: "SHA-256, one block",
    before: [random(scratch(0), 24, 1)],
    call: "sha256Block",
    args: [scratch(0), { at: scratch(0).at + 32 }],
    after: [digest(scratch(0), 32)],
  },
  { name: "CRC-32, 128 bytes", call: "crc32", args: [scratch(0), 128] },
];

const COMPUTE_PATHS: Path[] = [
  {
    name: `matrix product, ${MATRIX} × ${MATRIX}`,
    before: [random(scratch(1), MATRIX * MATRIX, 2), random(scratch(2), MATRIX * MATRIX, 3)],
    call: "multiplyMatrices",
    args: [scratch(3), scratch(1), scratch(2), MATRIX],
    after: [digest(scratch(3), 4 * MATRIX * MATRIX)],
  },
  {
    name: "quicksort, 1000 words",
    before: [random(scratch(1), 1000, 4)],
    call: "quicksort",
    args: [scratch(1), 0, 999],
    after: [digest(scratch(1), 4000)],
  },
  {
    name: "word count, hash table",
    before: [{ call: "fillText", args: [scratch(2), 4000, 5] }],
    call: "countWords",
    args: [scratch(4), scratch(2), 4000],
    after: [digest(scratch(4), 4096)],
  },
  {
    name: "LZ decompression",
    before: [{ call: "fillCompressed", args: [scratch(1), 400, 6] }],
    call: "decompress",
    args: [scratch(2), scratch(1), 400],
    after: [digest(scratch(2), 4000)],
  },
  { name: "eight queens", call: "placeQueens", args: [255, 0, 0, 0] },
  {
    name: "table cipher, 16 blocks",
    before: [random(scratch(1), 1024, 7), random(scratch(2), 64, 8), random(scratch(3), 64, 9)],
    call: "encrypt",
    args: [scratch(3), 16, scratch(1), scratch(2)],
    after: [digest(scratch(3), 256)],
  },
];

const floats = (area: { at: number }, count: number, seed: number): Step => ({
  call: "fillFloats",
  args: [area, count, seed],
});
const FLOAT_MATRIX = 20;

const FLOAT_PATHS: Path[] = [
  {
    name: "dot product, 500 × f64",
    before: [floats(scratch(1), 500, 2), floats(scratch(2), 500, 3)],
    call: "dotProduct",
    args: [scratch(1), scratch(2), 500],
  },
  {
    name: `matrix product, ${FLOAT_MATRIX} × ${FLOAT_MATRIX} f64`,
    call: "multiplyFloats",
    args: [scratch(3), scratch(1), scratch(2), FLOAT_MATRIX],
    after: [digest(scratch(3), 8 * FLOAT_MATRIX * FLOAT_MATRIX)],
  },
  {
    name: "polynomial of 500 f64",
    call: "polynomial",
    args: [scratch(3), scratch(1), 500],
    after: [digest(scratch(3), 4000)],
  },
  {
    name: "eight bodies, 20 steps",
    before: [floats(scratch(4), 64, 4)],
    call: "moveBodies",
    args: [scratch(4), 8, 20],
    after: [digest(scratch(4), 512)],
  },
  { name: "Mandelbrot set, 24 × 24", call: "mandelbrot", args: [24, 100] },
  {
    name: "500 samples, f32 to i16",
    call: "samples",
    args: [scratch(3), scratch(1), 500],
    after: [digest(scratch(3), 1000)],
  },
  { name: "adaptive quadrature", call: "quadrature", args: [1_000_000_000] },
];

/** All measured paths, in the order they must run (each leaves the world the next one expects). */
export const PATHS: readonly Path[] = [
  ...IPC_PATHS,
  ...MEMORY_PATHS,
  ...HASH_PATHS,
  ...COMPUTE_PATHS,
  ...FLOAT_PATHS.map((path) => ({ ...path, kind: "floats" as const })),
];
