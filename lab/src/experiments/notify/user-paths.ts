/** From a program to a program: by user interrupt, and through the kernel. */
import { TAIC, UINTR_LINUX } from "../../published/notify";
import {
  isFirmwareCall,
  isSend,
  isUserInterrupt,
  marker,
  type Path,
  type Published,
  pair,
  returnsTo,
  SENDER_TO_RECEIVER,
  throughKernel,
  traps,
  wakes,
} from "./paths";
import { DELIVER, HANDLER_ENTRY, KERNEL_ENTRY, POLL, SEND, WAIT_FOR_HART, WAKE } from "./stage-names";
import type { Step } from "./stages";

const GROUP = "user → user";

/** The goal of this experiment is judged by this way. */
export const HANDLER_PATH = "U-notification, handler";

const linux = (value: number): Published => ({ value, unit: "cycles", source: UINTR_LINUX.source });
const taic = (value: number): Published => ({ value, unit: "cycles", source: TAIC.source });

const send: Step = { stage: SEND, until: isSend };
const deliver: Step = { stage: DELIVER, until: isUserInterrupt("receiver") };
const handlerEntry: Step = { stage: HANDLER_ENTRY, until: marker("end", "receiver") };
/** The hart's own entry, which only notes the vector, then the program that waits for it. */
const notedAndWoken: Step[] = [
  { stage: HANDLER_ENTRY, until: (moment) => moment.kind === "return" && moment.name === "uret" },
  { stage: WAKE, until: marker("end", "receiver") },
];
/** The competitor gives the hart back, and the kernel switches to the receiver. */
const hartBecomesFree: Step[] = [
  { stage: WAIT_FOR_HART, until: traps("competitor") },
  throughKernel("receiver"),
];
const wake: Step = { stage: WAKE, until: marker("end", "receiver") };

/** Signal by a system call, up to where another hart's kernel is called. */
const signalRemote: Step[] = [
  { stage: SEND, until: traps("sender") },
  {
    stage: KERNEL_ENTRY,
    until: isFirmwareCall,
    byFunction: true,
  },
  { stage: DELIVER, until: wakes(1) },
  throughKernel("receiver"),
  wake,
];

const handler = { sender: "channel-sender", receiver: "handler-receiver", kind: "async" } as const;
const channel = { sender: "channel-sender", receiver: "channel-receiver", kind: "async" } as const;
const bare = { sender: "bare-sender", receiver: "bare-receiver", kind: "async" } as const;
const signal = { sender: "signal-sender", receiver: "signal-receiver", kind: "notification" } as const;

const common = { group: GROUP, span: SENDER_TO_RECEIVER };

export const USER_PATHS: readonly Path[] = [
  {
    ...common,
    name: HANDLER_PATH,
    receiver: "running",
    ...pair(handler),
    steps: [send, deliver, handlerEntry],
    published: {
      [DELIVER]: linux(UINTR_LINUX.deliver),
      [HANDLER_ENTRY]: linux(UINTR_LINUX.handlerEntry),
      total: linux(UINTR_LINUX.total),
    },
  },
  {
    ...common,
    name: HANDLER_PATH,
    receiver: "ready",
    ...pair({ ...handler, ready: true }),
    steps: [send, ...hartBecomesFree, deliver, handlerEntry],
  },
  {
    ...common,
    name: "U-notification, wait",
    receiver: "running",
    ...pair(channel),
    steps: [send, deliver, ...notedAndWoken],
    published: { total: taic(TAIC.softwareInterruptUser) },
  },
  {
    ...common,
    name: "U-notification, wait",
    receiver: "ready",
    ...pair({ ...channel, ready: true }),
    steps: [send, ...hartBecomesFree, deliver, ...notedAndWoken],
  },
  {
    ...common,
    name: "U-notification, wait",
    receiver: "blocked",
    ...pair({ ...channel, long: true }),
    long: true,
    steps: signalRemote,
  },
  {
    ...common,
    name: "uipi send alone",
    receiver: "blocked",
    ...pair(bare),
    steps: [send, { stage: DELIVER, until: wakes(1) }, throughKernel("receiver"), wake],
  },
  {
    ...common,
    name: "kernel notification",
    receiver: "polling",
    ...pair({ ...signal, polls: true }),
    steps: [
      { stage: SEND, until: traps("sender") },
      { stage: KERNEL_ENTRY, until: returnsTo("sender"), byFunction: true },
      { stage: POLL, until: marker("end", "receiver") },
    ],
  },
  {
    ...common,
    name: "kernel notification",
    receiver: "ready",
    ...pair({ ...signal, polls: true, ready: true }),
    steps: [
      { stage: SEND, until: traps("sender") },
      { stage: KERNEL_ENTRY, until: returnsTo("sender"), byFunction: true },
      ...hartBecomesFree,
      { stage: POLL, until: marker("end", "receiver") },
    ],
  },
  {
    ...common,
    name: "kernel notification",
    receiver: "blocked",
    ...pair(signal),
    steps: signalRemote,
    published: {
      total: {
        value: Math.round(UINTR_LINUX.eventfd * UINTR_LINUX.total),
        unit: "cycles",
        source: `eventfd, ${UINTR_LINUX.source}`,
      },
    },
  },
  {
    ...common,
    name: "kernel notification",
    receiver: "blocked, same hart",
    ...pair({ ...signal, hart: 0 }),
    steps: [{ stage: SEND, until: traps("sender") }, throughKernel("receiver"), wake],
    published: { total: taic(TAIC.kernelRoundTrip) },
  },
];
