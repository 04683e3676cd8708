// Calls and jumps that depend on data: a recursion, functions called through a table, and a small bytecode interpreter.

function partitions(rest: i32, largest: i32): u32 {
  if (rest === 0) return 1;
  if (rest < 0 || largest === 0) return 0;
  return partitions(rest - largest, largest) + partitions(rest, largest - 1);
}

function add(a: u32, b: u32): u32 {
  return a + b;
}
function subtract(a: u32, b: u32): u32 {
  return a - b;
}
function mix(a: u32, b: u32): u32 {
  return (a ^ b) * 0x85ebca6b;
}
function rotate(a: u32, b: u32): u32 {
  return rotl<u32>(a, b & 31);
}

type Operation = (a: u32, b: u32) => u32;

function operationAt(index: u32): Operation {
  switch (index & 3) {
    case 0:
      return add;
    case 1:
      return subtract;
    case 2:
      return mix;
    default:
      return rotate;
  }
}

function applyTable(count: u32, seed: u32): u32 {
  let value = seed;
  for (let index: u32 = 0; index < count; index++) value = operationAt(value >> 5)(value, index);
  return value;
}

/** Placed behind the program. */
const PROGRAM: usize = 0x81000000;
const PUSH = 0;
const ADD = 1;
const MULTIPLY = 2;
const DUPLICATE = 3;
const DECREMENT = 4;
const JUMP_NONZERO = 5;
const SWAP = 6;
const HALT = 7;

function emit(at: u32, operation: u32, operand: u32): u32 {
  store<u16>(PROGRAM + ((<usize>at) << 1), <u16>((operation << 8) | operand));
  return at + 1;
}

/** Sums products while counting down. */
function writeProgram(): void {
  let at: u32 = 0;
  at = emit(at, PUSH, 1);
  at = emit(at, PUSH, 100);
  const loop = at;
  at = emit(at, SWAP, 0);
  at = emit(at, PUSH, 3);
  at = emit(at, MULTIPLY, 0);
  at = emit(at, PUSH, 7);
  at = emit(at, ADD, 0);
  at = emit(at, SWAP, 0);
  at = emit(at, DECREMENT, 0);
  at = emit(at, DUPLICATE, 0);
  at = emit(at, JUMP_NONZERO, loop);
  emit(at, HALT, 0);
}

const STACK = PROGRAM + 0x1000;

function interpret(): u32 {
  let counter: usize = 0;
  let top = STACK;
  let word: u32 = load<u16>(PROGRAM);
  while (word >> 8 !== HALT) {
    counter++;
    const operand = word & 255;
    switch (word >> 8) {
      case PUSH:
        top += 4;
        store<u32>(top, operand);
        break;
      case ADD:
        top -= 4;
        store<u32>(top, load<u32>(top) + load<u32>(top, 4));
        break;
      case MULTIPLY:
        top -= 4;
        store<u32>(top, load<u32>(top) * load<u32>(top, 4));
        break;
      case DUPLICATE:
        top += 4;
        store<u32>(top, load<u32>(top - 4));
        break;
      case DECREMENT:
        store<u32>(top, load<u32>(top) - 1);
        break;
      case JUMP_NONZERO:
        if (load<u32>(top) !== 0) counter = <usize>operand;
        top -= 4;
        break;
      case SWAP: {
        const upper = load<u32>(top);
        store<u32>(top, load<u32>(top - 4));
        store<u32>(top - 4, upper);
        break;
      }
    }
    word = load<u16>(PROGRAM + (counter << 1));
  }
  return load<u32>(top - 4);
}

/** @returns a checksum over everything computed in `rounds` rounds */
export function run(rounds: u32): u32 {
  let sum: u32 = 0;
  writeProgram();
  for (let round: u32 = 0; round < rounds; round++) {
    sum = sum * 31 + partitions(18 + <i32>(round & 3), 18);
    sum = sum * 31 + applyTable(500, round);
    sum = sum * 31 + interpret();
  }
  return sum;
}
