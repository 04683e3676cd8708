/** The ways on which one side tells another something, each from its first to its last moment, and what is published of it. */
import type { SystemDescription } from "@rel4/image";
import { PROGRAM_COMPETITOR, PROGRAM_RECEIVER, PROGRAM_SENDER } from "../../../guests/notify/stage-protocol";
import type { Moment } from "./moments";
import { FIRMWARE_CALL, type KernelMark, type Span } from "./recorder";
import type { Region } from "./regions";
import { KERNEL_ENTRY } from "./stage-names";
import type { Step } from "./stages";

/** What the receiver does when it is told. */
export type Receiver =
  | "running"
  | "polling"
  | "ready"
  | "blocked"
  | "blocked, same hart"
  | "same hart"
  | "idle hart"
  | "busy hart";

/** A way, measured in a system of its own. */
export interface Path {
  group: string;
  name: string;
  receiver: Receiver | null;
  description: SystemDescription;
  arguments: Record<string, string[]>;
  span: Span;
  steps: readonly Step[];
  /** Its system runs for long until the receiver is as wanted. */
  long?: boolean;
  /** How many operations one span holds, if not one: stages are then shared among them. */
  together?: number;
  kernelMarks?: readonly KernelMark[];
  userRegions?: Readonly<Record<string, readonly Region[]>>;
  /** What others published, by stage ("total" for the whole). */
  published?: Readonly<Record<string, Published>>;
}

/** A published number of another system. */
export interface Published {
  value: number;
  unit: "cycles" | "instructions";
  source: string;
}

/** Numbers by which the programs announce themselves. */
export const PROGRAMS: Readonly<Record<number, string>> = {
  [PROGRAM_SENDER]: "sender",
  [PROGRAM_RECEIVER]: "receiver",
  [PROGRAM_COMPETITOR]: "competitor",
};

// Moments

/** A program's marker. */
export const marker = (name: "begin" | "end", program: string) => (moment: Moment) =>
  moment.kind === "mark" && moment.name === name && moment.program === program;
/** Any other mark. */
export const mark = (name: string, hart?: number) => (moment: Moment) =>
  moment.kind === "mark" && moment.name === name && (hart === undefined || moment.hart === hart);
/** A program enters the kernel; by a system call, if nothing else is said. */
export const traps =
  (program: string, name = "call") =>
  (moment: Moment) =>
    moment.kind === "trap" && moment.program === program && moment.name === name;
/** The kernel goes back to a program. */
export const returnsTo = (program: string) => (moment: Moment) =>
  moment.kind === "return" && moment.name === "sret" && moment.program === program;
export const isSend = (moment: Moment) => moment.kind === "uipiSend";
export const isUserInterrupt = (program: string) => (moment: Moment) =>
  moment.kind === "userInterrupt" && moment.program === program;
/** A hart that waited goes on. */
export const wakes = (hart: number) => (moment: Moment) => moment.kind === "wake" && moment.hart === hart;

/** The kernel interrupts another hart. */
export const isFirmwareCall = (moment: Moment) => moment.kind === "mark" && moment.name === FIRMWARE_CALL;

// Steps that several ways have in common

export const throughKernel = (program: string): Step => ({
  stage: KERNEL_ENTRY,
  until: returnsTo(program),
  byFunction: true,
});

// Systems

/** Cycles for which the sender lets everybody else come to rest before it sends. */
const REST = 20_000;
/** A receiver on another hart goes to sleep in the kernel after 100,000 looks at its word of memory. */
const LONG_REST = 1_500_000;
/** How long the competitor keeps the receiver's hart, and when in this time the sender sends. */
const HOLDS = 6_000;
const LEAD = 3_000;
/** Operations; the first ones, in which programs register, are not used. */
export const OPERATIONS = 8;

interface PairRequest {
  sender: string;
  receiver: string;
  kind: "async" | "notification";
  hart?: 0 | 1;
  ready?: boolean;
  long?: boolean;
  polls?: boolean;
  /** In the competitor's place a program less important than the receiver that never stops. */
  busy?: boolean;
}

/** A sender on hart 0, a receiver, and somebody who can keep the receiver from running. */
export function pair(request: PairRequest): Pick<Path, "description" | "arguments"> {
  const { hart = 1, ready = false, kind } = request;
  return {
    description: {
      machine: { harts: 2 },
      programs: {
        sender: { source: `./notify/${request.sender}.ts`, hart: 0 },
        receiver: {
          source: `./notify/${request.receiver}.ts`,
          hart,
          priority: hart === 0 ? 150 : 100,
          background: true,
        },
        competitor: request.busy
          ? { source: "./notify/busy.ts", hart, priority: 50, background: true }
          : { source: "./notify/competitor.ts", hart, priority: 200, background: true },
      },
      channels: [
        { from: "sender", to: "receiver", kind },
        { from: "sender", to: "competitor", kind: "notification" },
      ],
    },
    arguments: {
      sender: [
        `operations=${OPERATIONS}`,
        `pause=${request.long ? LONG_REST : REST}`,
        `lead=${ready ? LEAD : 0}`,
      ],
      receiver: [`polls=${request.polls ? 1 : 0}`],
      competitor: [`holds=${HOLDS}`],
    },
  };
}

/** From the sender's first instruction to the receiver's. */
export const SENDER_TO_RECEIVER: Span = {
  begins: marker("begin", "sender"),
  ends: marker("end", "receiver"),
};
