/** Ways that begin or end in the kernel: timers and responses to programs, requests to it, one hart's kernel to another's. */
import type { SystemDescription } from "@rel4/image";
import { TAIC } from "../../published/notify";
import type { Moment } from "./moments";
import {
  isFirmwareCall,
  isUserInterrupt,
  mark,
  marker,
  OPERATIONS,
  type Path,
  type Published,
  pair,
  type Receiver,
  throughKernel,
  traps,
  wakes,
} from "./paths";
import type { KernelMark } from "./recorder";
import {
  DELIVER,
  HANDLER,
  HANDLER_ENTRY,
  KERNEL_ENTRY,
  POLL,
  SEND,
  SIGNAL,
  WAIT_FOR_HART,
  WAKE,
} from "./stage-names";
import type { Step } from "./stages";

const taic = (value: number): Published => ({ value, unit: "cycles", source: TAIC.source });

const OTHER_HART = 1;

// Places in the kernel

/** The kernel begins to serve a program's requests. */
const HANDLER_BEGINS: KernelMark = { name: "handler", function: "async-service/AsyncService.serveBatch" };
/** It stores into the interrupt controller. */
const KERNEL_SENDS: KernelMark = {
  name: "kernel sends",
  function: "riscv/user-interrupts/UserInterrupts.send",
  at: "first store",
};
const SIGNALS: KernelMark = { name: "signals", function: "fastpathSignal" };
const FINISHES: KernelMark = { name: "finishes", function: "traps/finishInterrupt" };

// Kernel → user: timer

const KERNEL_TO_USER = "kernel → user";
const TIMER_INTERRUPT = "timer";

/** How the timer's receiver learns of it. */
const BY_HANDLER = 0;
const BY_POLLING = 1;
const BY_WAITING = 2;
/** Cycles for which the competitor has the hart: the timer goes off after 10,000. */
const HOLDS = 14_000;

function timerPath(
  receiver: Receiver,
  way: number,
  steps: readonly Step[],
  published?: Path["published"],
): Path {
  const competes = receiver === "ready";
  const interrupted = traps(competes ? "competitor" : "receiver", "interrupt");
  const source = "./notify/timer-receiver.ts";
  return {
    group: KERNEL_TO_USER,
    name: TIMER_INTERRUPT,
    receiver,
    description: {
      machine: { harts: 1 },
      programs: {
        receiver: { source, systemCalls: 4 },
        ...(competes && {
          competitor: { source: "./notify/competitor.ts", priority: 200, background: true },
        }),
      },
      channels: competes ? [{ from: "receiver", to: "competitor", kind: "notification" }] : [],
    },
    arguments: {
      receiver: [`operations=${OPERATIONS}`, `way=${way}`, `competes=${competes ? 1 : 0}`],
      ...(competes && { competitor: [`holds=${HOLDS}`] }),
    },
    span: { begins: receiver === "blocked" ? wakes(0) : interrupted, ends: marker("end", "receiver") },
    steps,
    ...(published && { published }),
  };
}

const TIMER_PATHS: readonly Path[] = [
  timerPath(
    "running",
    BY_HANDLER,
    [
      throughKernel("receiver"),
      { stage: DELIVER, until: isUserInterrupt("receiver") },
      { stage: HANDLER_ENTRY, until: marker("end", "receiver") },
    ],
    { total: taic(TAIC.externalInterruptUser) },
  ),
  timerPath("polling", BY_POLLING, [
    throughKernel("receiver"),
    { stage: POLL, until: marker("end", "receiver") },
  ]),
  timerPath("ready", BY_HANDLER, [
    throughKernel("competitor"),
    { stage: WAIT_FOR_HART, until: traps("competitor") },
    throughKernel("receiver"),
    { stage: DELIVER, until: isUserInterrupt("receiver") },
    { stage: HANDLER_ENTRY, until: marker("end", "receiver") },
  ]),
  timerPath("blocked", BY_WAITING, [
    throughKernel("receiver"),
    { stage: WAKE, until: marker("end", "receiver") },
  ]),
];

// Kernel → user and user → kernel: asynchronous system calls

const BLOCKED = 0;
const ARMED = 1;
const AWAKE = 2;

interface RequestSystem {
  harts: 1 | 2;
  wakes: boolean;
  state: number;
  busy?: boolean;
}

function requestSystem(request: RequestSystem): Pick<Path, "description" | "arguments"> {
  const busy: SystemDescription["programs"] = request.busy
    ? { competitor: { source: "./notify/busy.ts", hart: OTHER_HART, priority: 50, background: true } }
    : {};
  return {
    description: {
      machine: { harts: request.harts },
      programs: {
        sender: { source: "./notify/kernel-request.ts", hart: 0, priority: 100, systemCalls: 4 },
        ...busy,
      },
    },
    arguments: {
      sender: [
        `operations=${OPERATIONS}`,
        "pause=20000",
        "lead=0",
        `wakes=${request.wakes ? 1 : 0}`,
        `state=${request.state}`,
      ],
    },
  };
}

const responseSpan = { begins: mark("handler"), ends: marker("end", "sender") };

const RESPONSE_PATHS: readonly Path[] = [
  {
    group: KERNEL_TO_USER,
    name: "response",
    receiver: "running",
    ...requestSystem({ harts: 2, wakes: true, state: ARMED }),
    span: responseSpan,
    kernelMarks: [HANDLER_BEGINS, KERNEL_SENDS],
    steps: [
      { stage: HANDLER, until: mark(KERNEL_SENDS.name, OTHER_HART) },
      { stage: DELIVER, until: isUserInterrupt("sender") },
      { stage: HANDLER_ENTRY, until: (moment) => moment.kind === "return" && moment.name === "uret" },
      { stage: WAKE, until: marker("end", "sender") },
    ],
  },
  {
    group: KERNEL_TO_USER,
    name: "response",
    receiver: "blocked, same hart",
    ...requestSystem({ harts: 1, wakes: false, state: BLOCKED }),
    span: responseSpan,
    kernelMarks: [HANDLER_BEGINS],
    steps: [throughKernel("sender"), { stage: WAKE, until: marker("end", "sender") }],
  },
];

const USER_TO_KERNEL = "user → kernel";
const requestSpan = { begins: marker("begin", "sender"), ends: mark(HANDLER_BEGINS.name) };

const REQUEST_PATHS: readonly Path[] = [
  {
    group: USER_TO_KERNEL,
    name: "wait with requests",
    receiver: "same hart",
    ...requestSystem({ harts: 1, wakes: false, state: BLOCKED }),
    span: requestSpan,
    kernelMarks: [HANDLER_BEGINS],
    steps: [
      { stage: SEND, until: traps("sender") },
      { stage: KERNEL_ENTRY, until: mark(HANDLER_BEGINS.name), byFunction: true },
    ],
  },
  {
    group: USER_TO_KERNEL,
    name: "wake-up call",
    receiver: "idle hart",
    ...requestSystem({ harts: 2, wakes: true, state: AWAKE }),
    span: requestSpan,
    kernelMarks: [HANDLER_BEGINS],
    steps: [
      { stage: SEND, until: traps("sender") },
      { stage: KERNEL_ENTRY, until: isFirmwareCall, byFunction: true },
      { stage: DELIVER, until: wakes(OTHER_HART) },
      { stage: KERNEL_ENTRY, until: mark(HANDLER_BEGINS.name), byFunction: true },
    ],
  },
  {
    group: USER_TO_KERNEL,
    name: "wake-up call",
    receiver: "busy hart",
    ...requestSystem({ harts: 2, wakes: true, state: AWAKE, busy: true }),
    span: requestSpan,
    kernelMarks: [HANDLER_BEGINS],
    steps: [
      { stage: SEND, until: traps("sender") },
      { stage: KERNEL_ENTRY, until: isFirmwareCall, byFunction: true },
      { stage: DELIVER, until: traps("competitor", "interrupt") },
      { stage: KERNEL_ENTRY, until: mark(HANDLER_BEGINS.name), byFunction: true },
    ],
    published: { total: taic(TAIC.kernelWhileUser) },
  },
];

// Kernel → kernel

const KERNEL_TO_KERNEL = "kernel → kernel";

const signalsFromSender = (moment: Moment) => mark(SIGNALS.name, 0)(moment) && moment.program === "sender";
const betweenHarts = {
  group: KERNEL_TO_KERNEL,
  name: "interrupt between harts",
  span: { begins: signalsFromSender, ends: mark(FINISHES.name, OTHER_HART) },
  kernelMarks: [SIGNALS, FINISHES],
};
const signalled = { sender: "signal-sender", receiver: "signal-receiver", kind: "notification" } as const;

const HART_PATHS: readonly Path[] = [
  {
    ...betweenHarts,
    receiver: "idle hart",
    ...pair(signalled),
    steps: [
      { stage: SIGNAL, until: isFirmwareCall, byFunction: true },
      { stage: DELIVER, until: wakes(OTHER_HART) },
      { stage: KERNEL_ENTRY, until: mark(FINISHES.name, OTHER_HART), byFunction: true },
    ],
  },
  {
    ...betweenHarts,
    receiver: "busy hart",
    ...pair({ ...signalled, busy: true }),
    steps: [
      { stage: SIGNAL, until: isFirmwareCall, byFunction: true },
      { stage: DELIVER, until: traps("competitor", "interrupt") },
      { stage: KERNEL_ENTRY, until: mark(FINISHES.name, OTHER_HART), byFunction: true },
    ],
  },
];

export const KERNEL_PATHS: readonly Path[] = [
  ...TIMER_PATHS,
  ...RESPONSE_PATHS,
  ...REQUEST_PATHS,
  ...HART_PATHS,
];
