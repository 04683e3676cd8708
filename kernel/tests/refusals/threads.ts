/** Refusals of thread and domain capabilities. */
import {
  ALIGNMENT_ERROR,
  CNODE_DELETE,
  CONTEXT_WORDS,
  DOMAIN_SCHEDULE_CONFIGURE,
  DOMAIN_SCHEDULE_SET_START,
  DOMAIN_SET_SET,
  ILLEGAL_OPERATION,
  INVALID_ARGUMENT,
  INVALID_CAPABILITY,
  OBJECT_ENDPOINT,
  OBJECT_PAGE,
  OBJECT_PAGE_TABLE,
  OBJECT_UNTYPED,
  RANGE_ERROR,
  REVOKE_FIRST,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_DOMAIN,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  TCB_BIND_NOTIFICATION,
  TCB_CONFIGURE,
  TCB_COPY_REGISTERS,
  TCB_READ_FAULT,
  TCB_READ_REGISTERS,
  TCB_RESUME,
  TCB_SET_AFFINITY,
  TCB_SET_FLAGS,
  TCB_SET_IPC_BUFFER,
  TCB_SET_MC_PRIORITY,
  TCB_SET_PRIORITY,
  TCB_SET_SCHED_PARAMS,
  TCB_SET_SPACE,
  TCB_SET_TLS_BASE,
  TCB_SUSPEND,
  TCB_UNBIND_NOTIFICATION,
  TCB_WRITE_REGISTERS,
  TRUNCATED_MESSAGE,
  WORD_BITS,
} from "@rel4/abi";
import type { World } from "../harness/world";
import { all, type Call, cap, caps, type Defect, invoked, type Refusals, word, words } from "./refusal-table";

const BUFFER = 0x20_0000;
const TOO_LONG_A_GUARD = 60;
const HIGHEST = 255;

type Spoil = (call: Call) => void;
const truncated = (what: string, spoil: Spoil): Defect => ({ what, error: TRUNCATED_MESSAGE, spoil });
const illegal = (what: string, spoil: Spoil): Defect => ({ what, error: ILLEGAL_OPERATION, spoil });
const notACopy = (what: string, spoil: Spoil): Defect => ({ what, error: REVOKE_FIRST, spoil });
const noThread = (index: number): Defect => ({
  what: "anything but a thread",
  error: INVALID_CAPABILITY,
  details: [1],
  spoil: cap(index, ROOT_SLOT_CNODE),
});

const stopped = (world: World): number => world.thread({ start: false }).cap;

/** An untyped with an endpoint in it, of which no copy can be made. */
function usedUntyped(world: World): number {
  const untyped = world.retype(OBJECT_UNTYPED, 5);
  world.retype(OBJECT_ENDPOINT, 0, 1, untyped);
  return untyped;
}

/** What an IPC buffer (extra capability `index`, address in word `address`) may not be. */
function bufferDefects(world: World, index: number, address: number): Defect[] {
  return [
    notACopy("a buffer that is an untyped with children", cap(index, usedUntyped(world))),
    illegal("a buffer that is an unmapped page table", cap(index, world.retype(OBJECT_PAGE_TABLE))),
    illegal("a buffer that is no frame", cap(index, ROOT_SLOT_CNODE)),
    illegal(
      "a buffer in device memory",
      cap(index, world.retype(OBJECT_PAGE, 0, 1, world.deviceUntyped(12))),
    ),
    { what: "a buffer that is not aligned", error: ALIGNMENT_ERROR, spoil: word(address, BUFFER + 512) },
  ];
}

/** A thread with the last capability to its CSpace. */
function ownerOfItsCSpace(world: World): number {
  const node = world.cnode(2);
  const { cap: owner } = world.thread({ cspace: node, start: false });
  world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [node, WORD_BITS]);
  return owner;
}

/** What a thread's spaces (extra capabilities 0 and 1, guard in word 1) may not be. */
function spaceDefects(world: World): Defect[] {
  const used = usedUntyped(world);
  return [
    illegal("a thread that would take long to lose its CSpace", invoked(ownerOfItsCSpace(world))),
    notACopy("a CSpace that is an untyped with children", cap(0, used)),
    illegal("a CSpace with too long a guard", all(cap(0, ROOT_SLOT_CNODE), word(1, TOO_LONG_A_GUARD))),
    illegal("a CSpace that is no CNode", cap(0, ROOT_SLOT_VSPACE)),
    notACopy("a VSpace that is an untyped with children", cap(1, used)),
    illegal("a VSpace that is not mapped", cap(1, world.retype(OBJECT_PAGE_TABLE))),
    illegal("a VSpace that is no page table", cap(1, ROOT_SLOT_CNODE)),
  ];
}

/** SetPriority, SetMCPriority, SetSchedParams: priorities in all words, authority in extra capability 0. */
function priorities(name: string, label: number, count: number): Refusals {
  return {
    name,
    label,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: Array(count).fill(5), caps: [ROOT_SLOT_TCB] },
      defects: [
        truncated("too few words", words(count - 1)),
        truncated("no authority", caps(0)),
        noThread(0),
        ...Array.from({ length: count }, (_, index) => ({
          what: `more than the authority has, in word ${index}`,
          error: RANGE_ERROR,
          details: [0, HIGHEST],
          spoil: word(index, HIGHEST + 1),
        })),
      ],
    }),
  };
}

/** An invocation that is never refused. */
const always = (name: string, label: number): Refusals => ({
  name,
  label,
  prepare: (world) => ({ call: { pointer: stopped(world), words: [], caps: [] }, defects: [] }),
});

/** An invocation that only needs its words. */
const needsWords = (name: string, label: number, count: number): Refusals => ({
  name,
  label,
  prepare: (world) => ({
    call: { pointer: stopped(world), words: Array(count).fill(0), caps: [] },
    defects: [truncated("too few words", words(count - 1))],
  }),
});

export const THREAD_REFUSALS: Refusals[] = [
  {
    name: "TCB_ReadRegisters",
    label: TCB_READ_REGISTERS,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [0, CONTEXT_WORDS], caps: [] },
      defects: [
        truncated("fewer than two words", words(1)),
        ...[0, CONTEXT_WORDS + 1].map((count) => ({
          what: `${count} registers`,
          error: RANGE_ERROR,
          details: [1, CONTEXT_WORDS],
          spoil: word(1, count),
        })),
        illegal("the calling thread", invoked(ROOT_SLOT_TCB)),
      ],
    }),
  },
  {
    name: "TCB_WriteRegisters",
    label: TCB_WRITE_REGISTERS,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [0, 2, 0x1000, 1], caps: [] },
      defects: [
        truncated("fewer than two words", words(1)),
        truncated("more registers than words", word(1, 3)),
        illegal("the calling thread", invoked(ROOT_SLOT_TCB)),
      ],
    }),
  },
  {
    name: "TCB_CopyRegisters",
    label: TCB_COPY_REGISTERS,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [0], caps: [stopped(world)] },
      defects: [truncated("no flags", words(0)), truncated("no source", caps(0)), noThread(0)],
    }),
  },
  {
    name: "TCB_Configure",
    label: TCB_CONFIGURE,
    prepare: (world) => ({
      call: {
        pointer: stopped(world),
        words: [0, 0, 0, BUFFER],
        caps: [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE, world.frame()],
      },
      defects: [
        truncated("fewer than four words", words(3)),
        ...[0, 1, 2].map((count) => truncated(`${count} extra capabilities`, caps(count))),
        ...bufferDefects(world, 2, 3),
        ...spaceDefects(world),
      ],
    }),
  },
  priorities("TCB_SetPriority", TCB_SET_PRIORITY, 1),
  priorities("TCB_SetMCPriority", TCB_SET_MC_PRIORITY, 1),
  priorities("TCB_SetSchedParams", TCB_SET_SCHED_PARAMS, 2),
  {
    name: "TCB_SetIPCBuffer",
    label: TCB_SET_IPC_BUFFER,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [BUFFER], caps: [world.frame()] },
      defects: [
        truncated("no address", words(0)),
        truncated("no frame", caps(0)),
        ...bufferDefects(world, 0, 0),
      ],
    }),
  },
  {
    name: "TCB_SetSpace",
    label: TCB_SET_SPACE,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [0, 0, 0], caps: [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE] },
      defects: [
        truncated("fewer than three words", words(2)),
        ...[0, 1].map((count) => truncated(`${count} extra capabilities`, caps(count))),
        ...spaceDefects(world),
      ],
    }),
  },
  always("TCB_Suspend", TCB_SUSPEND),
  always("TCB_Resume", TCB_RESUME),
  {
    name: "TCB_BindNotification",
    label: TCB_BIND_NOTIFICATION,
    prepare(world) {
      const [bound, busy, taken] = [stopped(world), world.notification(), world.notification()];
      world.must(bound, TCB_BIND_NOTIFICATION, [], [world.notification()]);
      world.must(stopped(world), TCB_BIND_NOTIFICATION, [], [taken]);
      world.thread().wait(busy);
      world.bringRoot();
      return {
        call: { pointer: stopped(world), words: [], caps: [world.notification()] },
        defects: [
          truncated("no notification", caps(0)),
          illegal("a thread that has a notification", invoked(bound)),
          illegal("anything but a notification", cap(0, world.endpoint())),
          illegal(
            "a notification without the right to read",
            cap(0, world.mint(world.notification(), 0, RIGHT_WRITE)),
          ),
          illegal("a notification that threads wait for", cap(0, busy)),
          illegal("a notification that has a thread", cap(0, taken)),
        ],
      };
    },
  },
  {
    name: "TCB_UnbindNotification",
    label: TCB_UNBIND_NOTIFICATION,
    prepare(world) {
      const bound = stopped(world);
      world.must(bound, TCB_BIND_NOTIFICATION, [], [world.notification()]);
      return {
        call: { pointer: bound, words: [], caps: [] },
        defects: [illegal("a thread without a notification", invoked(stopped(world)))],
      };
    },
  },
  {
    name: "TCB_SetAffinity",
    label: TCB_SET_AFFINITY,
    prepare: (world) => ({
      call: { pointer: stopped(world), words: [0], caps: [] },
      defects: [truncated("no hart", words(0)), illegal("a hart that does not exist", word(0, 1))],
    }),
  },
  needsWords("TCB_SetTLSBase", TCB_SET_TLS_BASE, 1),
  needsWords("TCB_SetFlags", TCB_SET_FLAGS, 2),
  always("TCB_ReadFault", TCB_READ_FAULT),
];

/** In a kernel with several domains. */
export function domainRefusals(domains: number, schedules: number): Refusals[] {
  const range = (what: string, most: number, spoil: Spoil): Defect => ({
    what,
    error: RANGE_ERROR,
    details: [0, most],
    spoil,
  });
  const argument = (what: string, index: number, spoil: Spoil): Defect => ({
    what,
    error: INVALID_ARGUMENT,
    details: [index],
    spoil,
  });
  return [
    {
      name: "DomainSet_Set",
      label: DOMAIN_SET_SET,
      prepare: (world) => ({
        call: { pointer: ROOT_SLOT_DOMAIN, words: [1], caps: [stopped(world)] },
        defects: [
          truncated("no domain", words(0)),
          argument("a domain that does not exist", 0, word(0, domains)),
          truncated("no thread", caps(0)),
          argument("anything but a thread", 1, cap(0, ROOT_SLOT_CNODE)),
        ],
      }),
    },
    {
      name: "DomainSet_ScheduleConfigure",
      label: DOMAIN_SCHEDULE_CONFIGURE,
      prepare: () => ({
        call: { pointer: ROOT_SLOT_DOMAIN, words: [1, 2, 3], caps: [] },
        defects: [
          truncated("fewer than three words", words(2)),
          range("the last entry", schedules - 2, word(0, schedules - 1)),
          range("a domain that does not exist", domains - 1, word(1, domains)),
          argument("a duration of 2^56 ticks", 2, word(2, 2n ** 56n)),
          argument("an end with a domain", 1, all(word(1, 1), word(2, 0))),
          argument("an end where the schedule starts", 2, all(word(0, 0), word(1, 0), word(2, 0))),
        ],
      }),
    },
    {
      name: "DomainSet_ScheduleSetStart",
      label: DOMAIN_SCHEDULE_SET_START,
      prepare: () => ({
        call: { pointer: ROOT_SLOT_DOMAIN, words: [0], caps: [] },
        defects: [
          truncated("no entry", words(0)),
          range("an entry that does not exist", schedules - 1, word(0, schedules)),
          argument("an end", 0, word(0, 1)),
        ],
      }),
    },
  ];
}
