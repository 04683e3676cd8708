/** Calls between two programs and their answers: synchronous over an endpoint, asynchronous over a ring. */

import type { SystemDescription } from "@rel4/image";
import { SEL4_IPC } from "../../published/notify";
import type { Moment } from "./moments";
import {
  isFirmwareCall,
  isSend,
  isUserInterrupt,
  mark,
  marker,
  OPERATIONS,
  type Path,
  type Published,
  type Receiver,
  returnsTo,
  throughKernel,
  traps,
  wakes,
} from "./paths";
import { COROUTINE_SWITCH } from "./recorder";
import { EXIT, type Region, RegionTracker } from "./regions";
import {
  ANSWER,
  CLIENT_BATCH,
  DELIVER,
  DISPATCH,
  HANDLE,
  HANDLER_ENTRY,
  KERNEL_ENTRY,
  POP,
  PUBLISH,
  PUSH,
  RESUME,
  SEND,
  SERVER_BATCH,
  TAKE_AND_PUSH,
  WAKE,
} from "./stage-names";
import type { Step } from "./stages";

const REST = 20_000;
/** With its guard page 16 KiB, by which regions.ts tells stacks apart. */
const STACK = "12K";

// Synchronous

const SYNCHRONOUS = "synchronous call";

interface SynchronousWay {
  name: string;
  harts: 1 | 2;
  fastpath: boolean;
  published?: { call: number; answer: number };
}

const SYNCHRONOUS_WAYS: readonly SynchronousWay[] = [
  { name: "fastpath", harts: 1, fastpath: true, published: SEL4_IPC.fastpath },
  {
    name: "slowpath",
    harts: 1,
    fastpath: false,
    published: SEL4_IPC.slowpath,
  },
  { name: "between harts", harts: 2, fastpath: true },
];

const sel4 = (value: number): Published => ({ value, unit: "instructions", source: "seL4, one core" });

function synchronousPaths({ name, harts, fastpath, published }: SynchronousWay): Path[] {
  const common = {
    group: SYNCHRONOUS,
    receiver: null,
    description: {
      machine: { harts },
      kernel: { fastpath },
      programs: {
        sender: { source: "./notify/call-client.ts", hart: 0 },
        receiver: { source: "./notify/call-server.ts", hart: harts - 1, background: true },
      },
      channels: [{ from: "sender", to: "receiver", kind: "endpoint" as const }],
    },
    arguments: { sender: [`operations=${OPERATIONS}`, `pause=${REST}`, "lead=0"] },
  };
  return [
    {
      ...common,
      name: `${name}: call`,
      span: { begins: marker("begin", "sender"), ends: marker("end", "receiver") },
      steps: messageSteps("sender", "receiver", harts === 2 ? 1 : null),
      ...(published && { published: { total: sel4(published.call) } }),
    },
    {
      ...common,
      name: `${name}: answer`,
      span: { begins: marker("begin", "receiver"), ends: marker("end", "sender") },
      steps: messageSteps("receiver", "sender", harts === 2 ? 0 : null),
      ...(published && { published: { total: sel4(published.answer) } }),
    },
  ];
}

/** @param otherHart the hart of the receiver when it is another */
function messageSteps(from: string, to: string, otherHart: number | null): Step[] {
  const overThere: Step[] =
    otherHart === null
      ? []
      : [
          { stage: KERNEL_ENTRY, until: isFirmwareCall, byFunction: true },
          { stage: DELIVER, until: wakes(otherHart) },
        ];
  return [
    { stage: SEND, until: traps(from) },
    ...overThere,
    throughKernel(to),
    { stage: WAKE, until: marker("end", to) },
  ];
}

// Asynchronous

const ASYNCHRONOUS = "asynchronous call";

const isSwitch = (program: string) => (moment: Moment) =>
  mark(COROUTINE_SWITCH)(moment) && moment.program === program;
const handlerBegins = mark(RegionTracker.entryOf(HANDLE));
const handlerEnds = (moment: Moment) => mark(EXIT)(moment) && moment.program === "receiver";

/** What the client does until its coroutine is suspended, and from when it runs again. */
const pushAndSuspend: Step = { stage: PUSH, until: isSwitch("sender") };
const serve: Step[] = [
  { stage: POP, until: handlerBegins },
  { stage: HANDLE, until: handlerEnds },
];
const dispatchAndResume: Step[] = [
  { stage: DISPATCH, until: isSwitch("sender") },
  { stage: RESUME, until: marker("end", "sender") },
];

function asynchronousSystem(client: string, harts: 1 | 2): SystemDescription {
  return {
    machine: { harts },
    programs: {
      sender: { source: `./notify/${client}.ts`, hart: 0, coroutineStack: STACK },
      receiver: {
        source: "./notify/async-call-server.ts",
        hart: harts - 1,
        coroutineStack: STACK,
        background: true,
      },
    },
    channels: [{ from: "sender", to: "receiver", kind: "async" }],
  };
}

const handlerRegion: Region = { function: "lab/guests/notify/async-call-server/answer", stage: HANDLE };

function oneInFlight(receiver: Receiver, harts: 1 | 2, steps: readonly Step[]): Path {
  return {
    group: ASYNCHRONOUS,
    name: "one in flight",
    receiver,
    description: asynchronousSystem("async-call-client", harts),
    arguments: { sender: [`operations=${OPERATIONS}`, `pause=${REST}`, "lead=0"] },
    userRegions: { receiver: [handlerRegion] },
    span: { begins: marker("begin", "sender"), ends: marker("end", "sender") },
    steps,
  };
}

/** A round of `count` calls: from when the client gets the responses of one round until it gets those of the next. */
function manyInFlight(count: number): Path {
  const round = returnsTo("sender");
  return {
    group: `${ASYNCHRONOUS}, ${count} in flight`,
    name: "for each",
    receiver: "blocked, same hart",
    description: asynchronousSystem("async-load-client", 1),
    arguments: { sender: [`operations=${count * OPERATIONS}`, `concurrency=${count}`] },
    userRegions: {
      sender: [{ function: /runtime\/src\/async\/executor\/executorLoop/, stage: CLIENT_BATCH }],
      receiver: [handlerRegion],
    },
    span: { begins: round, ends: round },
    together: count,
    steps: [
      { stage: TAKE_AND_PUSH, until: traps("sender"), byFunction: true },
      throughKernel("receiver"),
      { stage: SERVER_BATCH, until: traps("receiver"), byFunction: true },
      throughKernel("sender"),
    ],
  };
}

const ASYNCHRONOUS_PATHS: readonly Path[] = [
  oneInFlight("blocked, same hart", 1, [
    pushAndSuspend,
    { stage: PUBLISH, until: traps("sender") },
    throughKernel("receiver"),
    ...serve,
    { stage: ANSWER, until: traps("receiver") },
    throughKernel("sender"),
    ...dispatchAndResume,
  ]),
  oneInFlight("running", 2, [
    pushAndSuspend,
    { stage: PUBLISH, until: isSend },
    { stage: DELIVER, until: isUserInterrupt("receiver") },
    { stage: HANDLER_ENTRY, until: (moment) => moment.kind === "return" && moment.name === "uret" },
    ...serve,
    // the server publishes, and the client, which polls, finds it
    { stage: ANSWER, until: isSwitch("sender") },
    { stage: RESUME, until: marker("end", "sender") },
  ]),
];

const MANY = 32;

export const CALL_PATHS: readonly Path[] = [
  ...SYNCHRONOUS_WAYS.flatMap(synchronousPaths),
  ...ASYNCHRONOUS_PATHS,
  manyInFlight(MANY),
];
