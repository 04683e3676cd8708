// Stages are what they say: they add up to what the machine's own counters and clocks show, and every run gives the same.
import type { Machine } from "@rel4/machine";
import { describe, expect, it } from "vitest";
import { runSystem } from "../../run-system";
import { functionsOf, kernelFunctions } from "./code";
import { notifyGoals } from "./goals";
import { PATHS } from "./index";
import { KERNEL_REGIONS } from "./kernel-stages";
import { measurePath } from "./measure";
import { type Path, PROGRAMS } from "./paths";
import { OperationRecorder } from "./recorder";
import {
  ANSWER,
  CHECKS,
  DISPATCH,
  HANDLE,
  KERNEL_ENTRY,
  KERNEL_EXIT,
  MESSAGE,
  POP,
  PUSH,
  REPLY,
  RESUME,
  SEND,
  SWITCH,
  WAIT_FOR_HART,
  WAKE,
} from "./stage-names";
import { type StageCost, stagesOf, total } from "./stages";
import { HANDLER_PATH } from "./user-paths";

const settings = { quick: true, progress() {} };

function pathOf(name: string, receiver: string | null): Path {
  return PATHS.find((path) => path.name === name && path.receiver === receiver)!;
}

/** What the harts' own counters and clocks say between the markers of an operation. */
interface Reading {
  clock: number;
  instructions: number[];
}

interface Checked {
  stages: StageCost[];
  sum: StageCost;
  begin: Reading;
  end: Reading;
}

/** The operations of a path, each beside what was read at its markers by somebody else than the recorder. */
async function checkedOperations(path: Path): Promise<Checked[]> {
  const readings: Reading[] = [];
  let recorder!: OperationRecorder;
  const read = (machine: Machine, hart: number): Reading => ({
    clock: Number(machine.harts[hart]!.clock),
    instructions: machine.harts.map(({ counters }) => Number(counters.instructions)),
  });
  await runSystem({
    description: path.description,
    arguments: path.arguments,
    onMachine(machine, built) {
      recorder = new OperationRecorder(machine, built, {
        programs: PROGRAMS,
        kernelRegions: KERNEL_REGIONS,
        userRegions: path.userRegions ?? {},
        kernelMarks: path.kernelMarks ?? [],
        spans: [path.span],
      });
      machine.onEvent("mark", ({ name, hart }) => {
        if (name === "begin" || name === "end") readings.push(read(machine, hart));
      });
    },
  });
  return recorder.operations[0]!.map((operation, index) => {
    const stages = stagesOf(operation, path.steps);
    return { stages, sum: total(stages), begin: readings[2 * index]!, end: readings[2 * index + 1]! };
  });
}

describe("the stages of a notification", () => {
  it("add up to the instructions the hart has retired, when there is only one", async () => {
    const operations = await checkedOperations(pathOf("kernel notification", "blocked, same hart"));
    expect(operations.length).toBeGreaterThan(4);
    for (const { sum, begin, end } of operations) {
      const marker = 1;
      expect(sum.instructions).toBe(end.instructions[0]! - begin.instructions[0]! - marker);
      expect(sum.cycles).toBe(end.clock - begin.clock - marker);
      expect(sum.cycles).toBe(sum.instructions + sum.traps);
    }
  });

  it("add up to the time between two harts' clocks, and each cycle is an instruction, a trap or waiting", async () => {
    const operations = await checkedOperations(pathOf("kernel notification", "blocked"));
    for (const { stages, sum, begin, end } of operations) {
      expect(sum.cycles).toBe(end.clock - begin.clock - 1);
      for (const stage of stages) expect(stage.cycles).toBe(stage.instructions + stage.waited + stage.traps);
    }
  });

  it("do not enter the kernel when a running receiver is interrupted", async () => {
    const [first] = (await checkedOperations(pathOf(HANDLER_PATH, "running"))).slice(-1);
    expect(first!.sum).toMatchObject({ traps: 0, userInterrupts: 1 });
    expect(first!.sum.cycles).toBe(first!.end.clock - first!.begin.clock - 1);
  });
});

describe("the stages of a call", () => {
  it("add up to what the hart has retired for an asynchronous call, client, kernel and server", async () => {
    const operations = await checkedOperations(pathOf("one in flight", "blocked, same hart"));
    for (const { stages, sum, begin, end } of operations.slice(-2)) {
      expect(sum.instructions).toBe(end.instructions[0]! - begin.instructions[0]! - 1);
      expect(stages.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining([PUSH, POP, HANDLE, ANSWER, DISPATCH, RESUME]),
      );
    }
  });

  it("tell what a fast path checks from what it does", async () => {
    const { stages, sum } = await measurePath(pathOf("fastpath: call", null), settings);
    const names = stages.map(({ stage }) => stage);
    expect(names).toEqual([SEND, KERNEL_ENTRY, CHECKS, REPLY, MESSAGE, SWITCH, KERNEL_EXIT, WAKE]);
    expect(sum).toMatchObject({ traps: 1, cycles: sum.instructions + 1 });
  });
});

describe("rel4 lab notify", () => {
  it.each(
    PATHS.filter(({ long }) => !long).map((path) => [`${path.group}: ${path.name}, ${path.receiver}`, path]),
  )("finds every place it marks, and each stage in its order: %s", async (_, path) => {
    const { stages, sum } = await measurePath(path as Path, settings);
    expect(sum.instructions).toBeGreaterThan(10);
    const busy = stages.find(({ stage }) => stage === WAIT_FOR_HART);
    expect(busy?.instructions).toBe((path as Path).receiver === "ready" ? 0 : undefined);
  });

  it("knows all functions of the kernel that it sorts by stage", async () => {
    const { description, arguments: args } = PATHS[0]!;
    let measured: Machine | undefined;
    await runSystem({
      description,
      arguments: args,
      onMachine: (machine) => {
        measured = machine;
      },
    });
    const functions = kernelFunctions(measured!);
    for (const { function: wanted, stage } of KERNEL_REGIONS)
      expect(functionsOf(wanted, functions).length, `${stage}: ${wanted}`).toBeGreaterThan(0);
  });

  it("reaches its goal, and measures the same each time", async () => {
    const path = pathOf(HANDLER_PATH, "running");
    const [once, again] = [await measurePath(path, settings), await measurePath(path, settings)];
    expect(again).toEqual(once);
    const [goal] = notifyGoals([once]);
    expect(goal!.value).toBeLessThanOrEqual(goal!.target);
  });
});
