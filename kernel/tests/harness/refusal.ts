/** Expecting that the kernel refuses an invocation, and that it then has changed nothing. */
import { IPC_BUFFER_SIZE } from "@rel4/abi";
import { expect } from "vitest";
import { hex } from "../../inspection/require";
import { CONTEXT_HART } from "../../src/riscv/layout";
import { DATA_BASE } from "./build";
import { differences } from "./memory";
import type { Answer, World } from "./world";

/**
 * Expects that the root task's invocation is refused with `error` (and `words` in the first message registers), and
 * that nothing in memory has changed but the root task's registers and the buffer its answer is in. It is made twice:
 * capabilities under construction lie in the kernel's static data, where the second attempt must leave what the first
 * one left.
 */
export function expectRefusal(
  world: World,
  invoke: () => Answer,
  error: number,
  words: (number | bigint)[] = [],
): void {
  world.bringRoot();
  const { memory, layout } = world.kernel;
  const before = memory.copy();
  const answer = invoke();
  expect({ error: answer.error, words: answer.words.slice(0, words.length) }).toEqual({
    error,
    words: words.map(BigInt),
  });
  const between = memory.copy();
  expect(invoke().error, "the second attempt").toBe(error);
  const { address, buffer } = world.root;
  const isAnswer = (word: number) =>
    (word >= address && word < address + CONTEXT_HART) || (word >= buffer && word < buffer + IPC_BUFFER_SIZE);
  const isStatic = (word: number) => word >= DATA_BASE && word < layout.dataEnd;
  const changed = [
    ...differences(before, memory).filter((word) => !isAnswer(word) && !isStatic(word)),
    ...differences(between, memory).filter(isStatic),
  ];
  expect(changed.map(hex), "words of memory that a refused invocation has changed").toEqual([]);
}
