import {
  CNODE_DELETE,
  CNODE_REVOKE,
  CONTEXT_WORDS,
  ILLEGAL_OPERATION,
  INVALID_CAPABILITY,
  NO_ERROR,
  OBJECT_PAGE_TABLE,
  OBJECT_TCB,
  RANGE_ERROR,
  RIGHT_WRITE,
  ROOT_SLOT_CNODE,
  ROOT_SLOT_TCB,
  ROOT_SLOT_VSPACE,
  TCB_BIND_NOTIFICATION,
  TCB_CONFIGURE,
  TCB_COPY_REGISTERS,
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
  UNTYPED_RETYPE,
  WORD_BITS,
} from "@rel4/abi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal } from "./harness/refusal";
import { REGISTERS, type RegisterName, type Thread } from "./harness/thread";
import { prepareKernel, World } from "./harness/world";

/** Registers in the order of a user context. */
const CONTEXT: RegisterName[] = [
  ...(["pc", "ra", "sp", "gp"] as const),
  ...(["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"] as const),
  ...(["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"] as const),
  ...(["t0", "t1", "t2", "t3", "t4", "t5", "t6", "tp"] as const),
];
const ALL_VALUES = CONTEXT.map((_, index) => BigInt(0x1_0000 + 4 * index));
const SUSPEND_SOURCE = 1;
const RESUME_TARGET = 1;
const BUFFER_ADDRESS = 0x10_0000;

let world: World;
let thread: Thread;

beforeAll(prepareKernel);
beforeEach(() => {
  world = new World();
  thread = world.thread({ start: false });
});

type Words = (number | bigint)[];
const invoke = (label: number, words: Words = [], caps: number[] = []) =>
  world.invoke(thread.cap, label, words, caps);
const refuse = (label: number, words: Words, error: number, details: Words = [], caps: number[] = []) =>
  expectRefusal(world, () => invoke(label, words, caps), error, details);

describe("TCB_WriteRegisters", () => {
  it("sets registers in the order of the user context", () => {
    expect(invoke(TCB_WRITE_REGISTERS, [0, CONTEXT_WORDS, ...ALL_VALUES]).error).toBe(NO_ERROR);
    expect(CONTEXT.map((name) => thread.register(name))).toEqual(ALL_VALUES);
    expect(thread.state).toBe("inactive");
  });

  it("sets only the first ones when fewer are given, and ignores more than there are", () => {
    invoke(TCB_WRITE_REGISTERS, [0, CONTEXT_WORDS, ...ALL_VALUES]);
    invoke(TCB_WRITE_REGISTERS, [0, 2, 0x5000, 0x6000]);
    expect([thread.register("pc"), thread.register("ra"), thread.register("sp")]).toEqual([
      0x5000n,
      0x6000n,
      0x1_0008n,
    ]);
    const tooMany = [0, CONTEXT_WORDS + 4, ...ALL_VALUES, 1, 2, 3, 4];
    expect(invoke(TCB_WRITE_REGISTERS, tooMany).error).toBe(NO_ERROR);
  });

  it("resumes the thread when asked to, where it was told to go on", () => {
    invoke(TCB_WRITE_REGISTERS, [RESUME_TARGET, 1, 0x7000]);
    world.letOthersRun();
    expect(thread.isRunning).toBe(true);
    expect(thread.register("pc")).toBe(0x7000n);
  });

  it("is refused without flags and count, or with fewer words than it names", () => {
    refuse(TCB_WRITE_REGISTERS, [0], TRUNCATED_MESSAGE);
    refuse(TCB_WRITE_REGISTERS, [0, 3, 1, 2], TRUNCATED_MESSAGE);
    refuse(TCB_WRITE_REGISTERS, [0, 2n ** 64n - 1n, 1], TRUNCATED_MESSAGE);
  });

  it("is refused for the calling thread", () => {
    expectRefusal(
      world,
      () => world.invoke(ROOT_SLOT_TCB, TCB_WRITE_REGISTERS, [0, 1, 5]),
      ILLEGAL_OPERATION,
    );
  });
});

describe("TCB_ReadRegisters", () => {
  it("reads registers in the order of the user context", () => {
    invoke(TCB_WRITE_REGISTERS, [0, CONTEXT_WORDS, ...ALL_VALUES]);
    expect(invoke(TCB_READ_REGISTERS, [0, CONTEXT_WORDS])).toEqual({ error: NO_ERROR, words: ALL_VALUES });
    expect(invoke(TCB_READ_REGISTERS, [0, 3]).words).toEqual(ALL_VALUES.slice(0, 3));
  });

  it("suspends the thread when asked to", () => {
    invoke(TCB_RESUME);
    invoke(TCB_READ_REGISTERS, [0, 1]);
    expect(thread.state).toBe("restart");
    invoke(TCB_READ_REGISTERS, [SUSPEND_SOURCE, 1]);
    expect(thread.state).toBe("inactive");
  });

  it("tells where a thread that was interrupted goes on", () => {
    invoke(TCB_RESUME);
    world.letOthersRun();
    thread.setRegister("pc", 0x1_2340);
    expect(invoke(TCB_READ_REGISTERS, [0, 1]).words).toEqual([0x1_2340n]);
  });

  it("is refused for no registers, too many, too few words, and the calling thread", () => {
    refuse(TCB_READ_REGISTERS, [0], TRUNCATED_MESSAGE);
    refuse(TCB_READ_REGISTERS, [0, 0], RANGE_ERROR, [1, CONTEXT_WORDS]);
    refuse(TCB_READ_REGISTERS, [0, CONTEXT_WORDS + 1], RANGE_ERROR, [1, CONTEXT_WORDS]);
    expectRefusal(world, () => world.invoke(ROOT_SLOT_TCB, TCB_READ_REGISTERS, [0, 1]), ILLEGAL_OPERATION);
  });
});

describe("TCB_CopyRegisters", () => {
  const FRAME = 4;
  const INTEGER = 8;

  it("copies the frame half and the integer half", () => {
    const source = world.thread({ start: false });
    world.must(source.cap, TCB_WRITE_REGISTERS, [0, CONTEXT_WORDS, ...ALL_VALUES]);
    const half = CONTEXT_WORDS / 2;
    invoke(TCB_COPY_REGISTERS, [FRAME], [source.cap]);
    const values = () => CONTEXT.map((name) => thread.register(name));
    expect(values().slice(0, half)).toEqual(ALL_VALUES.slice(0, half));
    expect(values().slice(half)).not.toEqual(ALL_VALUES.slice(half));
    invoke(TCB_COPY_REGISTERS, [INTEGER], [source.cap]);
    expect(values()).toEqual(ALL_VALUES);
  });

  it("suspends the source and resumes the target when asked to", () => {
    const source = world.thread();
    invoke(TCB_COPY_REGISTERS, [1 | 2], [source.cap]);
    expect([source.state, thread.state]).toEqual(["inactive", "restart"]);
  });

  it("is refused without flags, without a source, and when the source is no thread", () => {
    refuse(TCB_COPY_REGISTERS, [], TRUNCATED_MESSAGE, [], [thread.cap]);
    refuse(TCB_COPY_REGISTERS, [0], TRUNCATED_MESSAGE);
    refuse(TCB_COPY_REGISTERS, [0], INVALID_CAPABILITY, [1], [ROOT_SLOT_CNODE]);
  });
});

describe("TCB_Configure", () => {
  const caps = () => [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE, world.frame()];

  it("gives a thread its spaces, buffer and fault endpoint", () => {
    const cap = world.retype(OBJECT_TCB);
    const [cspace, vspace, frame] = caps() as [number, number, number];
    const guard = 51;
    expect(
      world.invoke(cap, TCB_CONFIGURE, [99, guard, 0, BUFFER_ADDRESS], [cspace, vspace, frame]).error,
    ).toBe(NO_ERROR);
    const slots = world.look(cap).object + world.kernel.layout.field("Tcb_slots");
    expect(world.look(0, slots)).toMatchObject({ object: world.rootCNode, rights: guard });
    expect(world.look(1, slots).data).toBe(world.look(ROOT_SLOT_VSPACE).data);
    expect(world.look(4, slots).type).toBe(world.look(frame).type);
  });

  it("with buffer address 0 leaves the thread without a buffer, whatever the frame", () => {
    const words = [0, 0, 0, 0];
    expect(invoke(TCB_CONFIGURE, words, [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE, ROOT_SLOT_CNODE]).error).toBe(
      NO_ERROR,
    );
    expect(world.look(4, thread.address + world.kernel.layout.field("Tcb_slots")).type).toBe(0);
  });

  it("is refused in seL4's order", () => {
    const good = [0, 0, 0, BUFFER_ADDRESS];
    const [cspace, vspace, frame] = caps() as [number, number, number];
    refuse(TCB_CONFIGURE, good.slice(0, 3), TRUNCATED_MESSAGE, [], [cspace, vspace, frame]);
    refuse(TCB_CONFIGURE, good, TRUNCATED_MESSAGE, [], [cspace, vspace]);
    refuse(TCB_CONFIGURE, [0, 0, 0, BUFFER_ADDRESS + 8], 5, [], [vspace, vspace, frame]);
    refuse(TCB_CONFIGURE, good, ILLEGAL_OPERATION, [], [vspace, vspace, vspace]);
    refuse(TCB_CONFIGURE, good, ILLEGAL_OPERATION, [], [vspace, vspace, frame]);
    refuse(TCB_CONFIGURE, good, ILLEGAL_OPERATION, [], [cspace, cspace, frame]);
    refuse(TCB_CONFIGURE, good, ILLEGAL_OPERATION, [], [cspace, world.retype(OBJECT_PAGE_TABLE), frame]);
    refuse(TCB_CONFIGURE, [0, 60, 0, BUFFER_ADDRESS], ILLEGAL_OPERATION, [], [cspace, vspace, frame]);
  });
});

describe("TCB_SetSpace and TCB_SetIPCBuffer", () => {
  it("replace what the thread had", () => {
    const node = world.cnode(4);
    expect(invoke(TCB_SET_SPACE, [7, 0, 0], [node, ROOT_SLOT_VSPACE]).error).toBe(NO_ERROR);
    const slots = thread.address + world.kernel.layout.field("Tcb_slots");
    expect(world.look(0, slots).object).toBe(world.look(node).object);
    expect(thread.field64("faultHandler")).toBe(7n);
    const frame = world.frame();
    expect(invoke(TCB_SET_IPC_BUFFER, [BUFFER_ADDRESS + 1024], [frame]).error).toBe(NO_ERROR);
    expect(thread.field64("ipcBuffer")).toBe(BigInt(BUFFER_ADDRESS + 1024));
    expect(Number((world.look(4, slots).data & (2n ** 44n - 1n)) << 12n)).toBe(world.frameAddress(frame));
  });

  it("SetSpace is refused in seL4's order", () => {
    refuse(TCB_SET_SPACE, [0, 0], TRUNCATED_MESSAGE, [], [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE]);
    refuse(TCB_SET_SPACE, [0, 0, 0], TRUNCATED_MESSAGE, [], [ROOT_SLOT_CNODE]);
    refuse(TCB_SET_SPACE, [0, 0, 0], ILLEGAL_OPERATION, [], [ROOT_SLOT_VSPACE, ROOT_SLOT_VSPACE]);
    refuse(TCB_SET_SPACE, [0, 0, 0], ILLEGAL_OPERATION, [], [ROOT_SLOT_CNODE, ROOT_SLOT_CNODE]);
  });

  it("SetSpace is refused while the old CSpace would take long to delete", () => {
    const node = world.cnode(2);
    world.must(thread.cap, TCB_SET_SPACE, [0, 0, 0], [node, ROOT_SLOT_VSPACE]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [node, WORD_BITS]);
    refuse(TCB_SET_SPACE, [0, 0, 0], ILLEGAL_OPERATION, [], [ROOT_SLOT_CNODE, ROOT_SLOT_VSPACE]);
  });

  it("SetIPCBuffer is refused for a misaligned address, and for anything but ordinary frames", () => {
    refuse(TCB_SET_IPC_BUFFER, [], TRUNCATED_MESSAGE, [], [world.frame()]);
    refuse(TCB_SET_IPC_BUFFER, [BUFFER_ADDRESS], TRUNCATED_MESSAGE);
    refuse(TCB_SET_IPC_BUFFER, [BUFFER_ADDRESS + 512], 5, [], [world.frame()]);
    refuse(TCB_SET_IPC_BUFFER, [BUFFER_ADDRESS], ILLEGAL_OPERATION, [], [ROOT_SLOT_CNODE]);
  });

  it("a revoked frame is no buffer any more", () => {
    const frame = world.frame();
    world.must(thread.cap, TCB_SET_IPC_BUFFER, [BUFFER_ADDRESS], [frame]);
    world.must(ROOT_SLOT_CNODE, CNODE_REVOKE, [frame, WORD_BITS]);
    expect(world.look(4, thread.address + world.kernel.layout.field("Tcb_slots")).type).toBe(0);
  });
});

describe("TCB_SetPriority, SetMCPriority and SetSchedParams", () => {
  it("set what they say", () => {
    invoke(TCB_SET_PRIORITY, [7], [ROOT_SLOT_TCB]);
    expect(thread.field("priority")).toBe(7);
    invoke(TCB_SET_MC_PRIORITY, [8], [ROOT_SLOT_TCB]);
    expect(thread.field("maximumControlledPriority")).toBe(8);
    invoke(TCB_SET_SCHED_PARAMS, [20, 10], [ROOT_SLOT_TCB]);
    expect([thread.field("maximumControlledPriority"), thread.field("priority")]).toEqual([20, 10]);
  });

  it("are refused above the authority's maximum", () => {
    const authority = world.thread({ priority: 5, maximumControlledPriority: 9, start: false });
    refuse(TCB_SET_PRIORITY, [10], RANGE_ERROR, [0, 9], [authority.cap]);
    refuse(TCB_SET_MC_PRIORITY, [10], RANGE_ERROR, [0, 9], [authority.cap]);
    refuse(TCB_SET_SCHED_PARAMS, [10, 1], RANGE_ERROR, [0, 9], [authority.cap]);
    refuse(TCB_SET_SCHED_PARAMS, [1, 10], RANGE_ERROR, [0, 9], [authority.cap]);
    refuse(TCB_SET_PRIORITY, [2n ** 32n], RANGE_ERROR, [0, 255], [ROOT_SLOT_TCB]);
    expect(invoke(TCB_SET_PRIORITY, [9], [authority.cap]).error).toBe(NO_ERROR);
  });

  it("are refused without words or authority, or when the authority is no thread", () => {
    for (const [label, words] of [
      [TCB_SET_PRIORITY, [1]],
      [TCB_SET_MC_PRIORITY, [1]],
      [TCB_SET_SCHED_PARAMS, [1, 1]],
    ] as [number, number[]][]) {
      refuse(label, words.slice(1), TRUNCATED_MESSAGE, [], [ROOT_SLOT_TCB]);
      refuse(label, words, TRUNCATED_MESSAGE);
      refuse(label, words, INVALID_CAPABILITY, [1], [ROOT_SLOT_CNODE]);
    }
  });
});

describe("TCB_Suspend and TCB_Resume", () => {
  it("stop a thread and let it go on where it was", () => {
    invoke(TCB_RESUME);
    world.letOthersRun();
    thread.setRegister("pc", 0x1_0040);
    invoke(TCB_SUSPEND);
    expect(thread.state).toBe("inactive");
    invoke(TCB_RESUME);
    world.letOthersRun();
    expect(thread.isRunning).toBe(true);
    expect(thread.register("pc")).toBe(0x1_0040n);
  });

  it("do not make a thread repeat a system call that was done before it was overtaken", () => {
    const notification = world.notification();
    const high = world.thread({ priority: 200 });
    high.wait(notification);
    invoke(TCB_RESUME);
    world.letOthersRun();
    const pc = thread.register("pc");
    thread.signal(notification);
    expect(high.isRunning).toBe(true);
    invoke(TCB_SUSPEND);
    world.must(high.cap, TCB_SUSPEND);
    invoke(TCB_RESUME);
    world.letOthersRun();
    expect([thread.isRunning, thread.register("pc")]).toEqual([true, pc + 4n]);
  });

  it("make a blocked thread repeat its system call", () => {
    const endpoint = world.endpoint();
    invoke(TCB_RESUME);
    world.letOthersRun();
    const before = thread.register("pc");
    thread.receive(endpoint);
    expect(thread.register("pc")).toBe(before + 4n);
    invoke(TCB_SUSPEND);
    invoke(TCB_RESUME);
    world.letOthersRun();
    expect(thread.register("pc")).toBe(before);
  });

  it("Resume of a thread that can run changes nothing", () => {
    const running = world.thread();
    expect(world.invoke(running.cap, TCB_RESUME).error).toBe(NO_ERROR);
    expect(running.state).toBe("restart");
  });

  it("a thread may suspend itself", () => {
    invoke(TCB_RESUME);
    world.letOthersRun();
    thread.call(thread.cap, { label: TCB_SUSPEND });
    expect(thread.state).toBe("inactive");
    expect(thread.isRunning).toBe(false);
  });
});

describe("TCB_BindNotification and TCB_UnbindNotification", () => {
  it("bind a thread and a notification to each other, and undo it", () => {
    const notification = world.notification();
    expect(invoke(TCB_BIND_NOTIFICATION, [], [notification]).error).toBe(NO_ERROR);
    expect(thread.field("boundNotification")).toBe(world.look(notification).object);
    expect(invoke(TCB_UNBIND_NOTIFICATION).error).toBe(NO_ERROR);
    expect(thread.field("boundNotification")).toBe(0);
  });

  it("deleting the notification, or the thread, undoes it", () => {
    const [first, second] = [world.notification(), world.notification()];
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [first]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [first, WORD_BITS]);
    expect(thread.field("boundNotification")).toBe(0);
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [second]);
    world.must(ROOT_SLOT_CNODE, CNODE_DELETE, [thread.cap, WORD_BITS]);
    const bound = world.look(second).object + world.kernel.layout.field("Notification_boundTcb");
    expect(world.kernel.memory.read32(bound)).toBe(0);
  });

  it("are refused where seL4 refuses them", () => {
    const notification = world.notification();
    refuse(TCB_BIND_NOTIFICATION, [], TRUNCATED_MESSAGE);
    refuse(TCB_BIND_NOTIFICATION, [], ILLEGAL_OPERATION, [], [world.endpoint()]);
    refuse(TCB_BIND_NOTIFICATION, [], ILLEGAL_OPERATION, [], [world.mint(notification, 0, RIGHT_WRITE)]);
    refuse(TCB_UNBIND_NOTIFICATION, [], ILLEGAL_OPERATION);
    const waiting = world.notification();
    world.thread().wait(waiting);
    refuse(TCB_BIND_NOTIFICATION, [], ILLEGAL_OPERATION, [], [waiting]);
    const other = world.thread({ start: false });
    world.must(other.cap, TCB_BIND_NOTIFICATION, [], [notification]);
    refuse(TCB_BIND_NOTIFICATION, [], ILLEGAL_OPERATION, [], [notification]);
    world.must(thread.cap, TCB_BIND_NOTIFICATION, [], [world.notification()]);
    refuse(TCB_BIND_NOTIFICATION, [], ILLEGAL_OPERATION, [], [world.notification()]);
  });
});

describe("the other thread operations", () => {
  it("SetTLSBase sets register tp", () => {
    expect(invoke(TCB_SET_TLS_BASE, [0xabcdef]).error).toBe(NO_ERROR);
    expect(thread.register("tp")).toBe(0xabcdefn);
    refuse(TCB_SET_TLS_BASE, [], TRUNCATED_MESSAGE);
  });

  it("SetFlags answers with the flags", () => {
    expect(invoke(TCB_SET_FLAGS, [0, 1])).toEqual({ error: NO_ERROR, words: [1n] });
    expect(invoke(TCB_SET_FLAGS, [1, 0])).toEqual({ error: NO_ERROR, words: [0n] });
    refuse(TCB_SET_FLAGS, [0], TRUNCATED_MESSAGE);
  });

  it("SetAffinity is refused for a hart that does not exist", () => {
    refuse(TCB_SET_AFFINITY, [], TRUNCATED_MESSAGE);
    refuse(TCB_SET_AFFINITY, [1], ILLEGAL_OPERATION);
    refuse(TCB_SET_AFFINITY, [2n ** 32n], ILLEGAL_OPERATION);
    expect(invoke(TCB_SET_AFFINITY, [0]).error).toBe(NO_ERROR);
  });

  it("labels of other objects are refused", () => {
    refuse(UNTYPED_RETYPE, [], ILLEGAL_OPERATION);
    refuse(CNODE_DELETE, [0, 0], ILLEGAL_OPERATION);
    refuse(2 ** 32 + TCB_SUSPEND, [], ILLEGAL_OPERATION);
  });
});

describe("a user context", () => {
  it("has every register once", () => {
    expect([...CONTEXT].sort()).toEqual(Object.keys(REGISTERS).sort());
  });
});
