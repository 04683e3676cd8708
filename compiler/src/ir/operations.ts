/**
 * The operations of the SSA IR: what each may do to the world and which attributes it carries.
 *
 * Arithmetic is wasm's, with these differences: division and conversion to integers never trap, and `fmin` and `fmax`
 * prefer numbers to NaNs (they give RISC-V's results; the translator puts wasm's checks in front); only `lt` and `ge`
 * comparisons exist, of floats `lt` and `le` (others swap their operands, or negate the result). A NaN that is the
 * result of an operation is the canonical one, except where only its sign changes.
 */

/**
 * What an operation may do besides computing its result.
 * - `pure`: nothing; it may be removed, shared and moved.
 * - `read` / `write`: plain memory, in this thread only.
 * - `globalRead` / `globalWrite`: a mutable wasm global, or register tp.
 * - `ordered`: something outside memory (a counter, a CSR); it must happen exactly once, in order.
 * - `barrier`: memory and globals may be read and changed by it or by others; nothing in memory moves across it.
 */
export type Effect = "pure" | "read" | "write" | "globalRead" | "globalWrite" | "ordered" | "barrier";

/** Attributes a value can carry besides its operands; see `Value`. */
export type Attribute =
  | "index"
  | "offset"
  | "size"
  | "signed"
  | "symbol"
  | "signature"
  | "order"
  | "suspends";

interface OperationInfo {
  effect: Effect;
  attributes: readonly Attribute[];
}

const pure = { effect: "pure", attributes: [] } as const;
const info = (effect: Effect, ...attributes: Attribute[]): OperationInfo => ({ effect, attributes });

/** Every operation except `const`, whose value is printed in place. */
export const OPERATIONS = {
  const: pure,
  /** Function parameter `index`. */
  param: info("pure", "index"),
  /** One argument per predecessor, in their order. */
  phi: pure,

  add: pure,
  sub: pure,
  mul: pure,
  divs: pure,
  divu: pure,
  rems: pure,
  remu: pure,
  and: pure,
  or: pure,
  xor: pure,
  shl: pure,
  shrs: pure,
  shru: pure,
  rotl: pure,
  rotr: pure,
  clz: pure,
  ctz: pure,
  popcnt: pure,

  eqz: pure,
  eq: pure,
  ne: pure,
  lts: pure,
  ltu: pure,
  ges: pure,
  geu: pure,

  /** i64 → i32. */
  wrap: pure,
  /** i32 → i64, sign-extending. */
  exts: pure,
  /** i32 → i64, zero-extending. */
  extu: pure,
  /** Sign-extends the low 8 bits. */
  sx8: pure,
  /** Sign-extends the low 16 bits. */
  sx16: pure,
  fadd: pure,
  fsub: pure,
  fmul: pure,
  fdiv: pure,
  fsqrt: pure,
  fabs: pure,
  fneg: pure,
  /** magnitude, sign. */
  fcopysign: pure,
  /** If one operand is NaN, the result is the other; −0 is less than 0. */
  fmin: pure,
  fmax: pure,
  feq: pure,
  flt: pure,
  fle: pure,

  /** Float → integer, rounded by `symbol` (rne, rtz, rdn, rup); what does not fit gives the nearest, NaN the largest number. */
  toSigned: info("pure", "symbol"),
  toUnsigned: info("pure", "symbol"),
  /** Integer → float. */
  fromSigned: pure,
  fromUnsigned: pure,
  /** f32 → f64. */
  promote: pure,
  /** f64 → f32. */
  demote: pure,
  /** The same bits as the other class's type of the same size. */
  reinterpret: pure,

  /** condition, value if non-zero, value if zero. */
  select: pure,

  /** address (i32) → value. `signed` tells how `size` bytes become the result's type. */
  load: info("read", "offset", "size", "signed"),
  /** address (i32), value. */
  store: info("write", "offset", "size"),
  globalGet: info("globalRead", "index"),
  globalSet: info("globalWrite", "index"),
  threadPointer: info("globalRead"),

  /** Calls `symbol` with the psABI; if it `suspends`, s0–s11 change too. */
  call: info("barrier", "symbol", "suspends"),
  /** table index, arguments…; traps unless the entry has this signature. */
  callIndirect: info("barrier", "signature", "suspends"),
  /** from, to (i32): saves ra and sp at `from`, continues with those at `to`; everything else changes meanwhile. */
  switchStack: info("barrier"),

  /** Volatile accesses: address (i64). Never merged, moved across another effect, or removed. */
  volatileLoad: info("barrier", "offset", "size", "signed"),
  volatileStore: info("barrier", "offset", "size"),
  /** Atomic accesses of 4 or 8 bytes. `order`: 0 relaxed, 1 release, 2 acquire, 3 both. */
  atomicLoad: info("barrier", "offset", "size", "signed", "order"),
  atomicStore: info("barrier", "offset", "size", "order"),
  /** address, operand → old value; `symbol` is add, and, or, xor or swap. */
  atomicUpdate: info("barrier", "symbol", "offset", "size", "order"),
  /** address, expected, replacement → old value. */
  atomicCompareExchange: info("barrier", "offset", "size", "order"),

  /** Orders memory accesses: `index` = predecessor set << 4 | successor set. */
  fence: info("barrier", "index"),
  /** CSR access that changes the CSR: `symbol` is csrrw, csrrs or csrrc, `index` the CSR's number. */
  csrUpdate: info("barrier", "symbol", "index"),
  csrRead: info("ordered", "index"),
  /** One machine instruction with up to two register operands and at most one result. */
  machine: info("barrier", "symbol"),
  setThreadPointer: info("barrier"),
  stackPointer: info("ordered"),
  /** address (i32), value (i32): waits while the word is the value, not for long. */
  waitWhileEqual: info("barrier"),
  /** a0…a7 → a0; memory and a0–a5 change. */
  ecall: info("barrier"),
  /** Register a`index` as the ecall given as operand left it. */
  ecallResult: info("pure", "index"),

  /** 64-bit address of a linker symbol. */
  symbolAddress: info("pure", "symbol"),
  /** Machine address of a function-table entry. */
  functionAddress: pure,
  /** Machine address of a `() => void` in the function table, as indirect calls use it. */
  stackEntry: pure,
  /** Machine address of a `(u64) => u64` in the function table, as interrupt entries that save integer registers only call it. */
  handlerAddress: pure,
} satisfies Record<string, OperationInfo>;

export type Operation = keyof typeof OPERATIONS;

const COMPARISONS: ReadonlySet<Operation> = new Set(["eqz", "eq", "ne", "lts", "ltu", "ges", "geu"]);
const FLOAT_COMPARISONS: ReadonlySet<Operation> = new Set(["feq", "flt", "fle"]);
const FLOAT_OPERATIONS: ReadonlySet<Operation> = new Set([
  ...FLOAT_COMPARISONS,
  ...(
    "fadd fsub fmul fdiv fsqrt fabs fneg fcopysign fmin fmax toSigned toUnsigned " +
    "fromSigned fromUnsigned promote demote reinterpret"
  ).split(" "),
] as Operation[]);
const COMMUTATIVE: ReadonlySet<Operation> = new Set(
  "add mul and or xor eq ne fadd fmul fmin fmax feq".split(" ") as Operation[],
);
const PINNED: ReadonlySet<Operation> = new Set(["const", "param", "phi", "ecallResult"]);

/** Whether the result is 0 or 1. */
export const isComparison = (op: Operation): boolean => COMPARISONS.has(op) || FLOAT_COMPARISONS.has(op);

/** Whether a comparison can be part of a branch instruction. */
export const isBranchComparison = (op: Operation): boolean => COMPARISONS.has(op);

/** Whether an operation computes with floating-point numbers, or converts from or to them. */
export const isFloatOperation = (op: Operation): boolean => FLOAT_OPERATIONS.has(op);

/** Whether the operands may be swapped. */
export const isCommutative = (op: Operation): boolean => COMMUTATIVE.has(op);

/** Whether the operation depends on its operands only and may be placed anywhere they are available. */
export const isMovable = (op: Operation): boolean => OPERATIONS[op].effect === "pure" && !PINNED.has(op);

/** Whether an unused result means that the operation can be dropped. */
export function isRemovable(op: Operation): boolean {
  const { effect } = OPERATIONS[op];
  return effect === "pure" || effect === "read" || effect === "globalRead";
}

/** The effect of an operation. */
export const effectOf = (op: Operation): Effect => OPERATIONS[op].effect;
