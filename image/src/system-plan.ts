/**
 * From a checked description to kernel objects: which there are, which capabilities each program gets in which slot, and
 * which pages are shared. The root server executes this plan; programs read their side of it in the start-info page.
 *
 * A program that receives has one endpoint for all its clients (told apart by badge), one notification for all channels
 * of kind "notification" (told apart by bit), and one for all of kind "async".
 */
import {
  BUNDLE_ENDPOINT,
  BUNDLE_NOTIFICATION,
  BUNDLE_PAGES,
  CALL_ITEM_BYTES,
  CHANNEL_ASYNC,
  CHANNEL_ENDPOINT,
  CHANNEL_NOTIFICATION,
  CHANNEL_PAGES_BASE,
  CHANNEL_VECTORS,
  ENDPOINT_BADGE_FLAG,
  PROGRAM_CNODE_BITS,
  PROGRAM_PAGE_SIZE,
  RIGHT_GRANT_REPLY,
  RIGHT_READ,
  RIGHT_WRITE,
  SIDE_FROM,
  SIDE_TO,
  SLOT_ASYNC_NOTIFICATION,
  SLOT_FIRST_CHANNEL,
  SLOT_NOTIFICATION,
  SLOT_SERVICE_ENDPOINT,
} from "@rel4/abi";
import type { CheckedProgram } from "./check-program";
import type { CheckedChannel, CheckedSystem } from "./check-system";

export interface PlannedObject {
  /** BUNDLE_ENDPOINT, BUNDLE_NOTIFICATION or BUNDLE_PAGES. */
  kind: number;
  /** Pages; 1 for the other kinds. */
  count: number;
}

export interface PlannedCapability {
  program: number;
  slot: number;
  object: number;
  rights: number;
  badge: bigint;
}

export interface PlannedMapping {
  program: number;
  object: number;
  /** User virtual address of the first page. */
  address: number;
}

/** One program's end of a channel, as its start-info page tells it (abi/src/start-info.ts). */
export interface ChannelEnd {
  kind: number;
  side: number;
  peer: number;
  sendSlot: number;
  receiveSlot: number;
  identity: number;
  /** User virtual address of the ring buffer (abi/src/ring.ts), the same in both programs; 0 when the channel has none. */
  buffer: number;
  /** Bytes of each of its rings. */
  ringBytes: number;
  /** Capability for synchronous calls beside the rings, or 0. */
  callSlot: number;
}

export interface SystemPlan {
  /** Objects that channels need, by number. */
  objects: PlannedObject[];
  capabilities: PlannedCapability[];
  mappings: PlannedMapping[];
  /** Channel ends of each program. */
  ends: ChannelEnd[][];
  /** Object bound to each program's thread, if any. */
  boundNotifications: (number | undefined)[];
  /** Each program's CNode has 2^n slots. */
  slotBits: number[];
  /** The first of them that nothing uses. */
  firstFreeSlots: number[];
  /** Vector with which the kernel says that answers to asynchronous system calls are there. */
  systemCallVectors: number[];
}

/** Decides objects, slots, badges and shared pages for all channels. */
export function planSystem(system: CheckedSystem): SystemPlan {
  const planner = new Planner(system);
  for (const channel of system.channels) planner.add(channel);
  system.programs.forEach((program, index) => {
    planner.complete(program, index);
  });
  return planner.plan;
}

/** A receiving object of one program, and how many identities of it were given to senders. */
interface Inbox {
  object: number;
  identities: number;
}

class Planner {
  readonly plan: SystemPlan;
  private readonly inboxes = new Map<string, Inbox>();
  /** Slots of capabilities to other programs' endpoints, by "from to". */
  private readonly endpointSlots = new Map<string, number>();
  private readonly nextSlot: number[];
  private nextBuffer = CHANNEL_PAGES_BASE;

  constructor(private readonly system: CheckedSystem) {
    const { programs } = system;
    this.nextSlot = programs.map(() => SLOT_FIRST_CHANNEL);
    this.plan = {
      objects: [],
      capabilities: [],
      mappings: [],
      ends: programs.map(() => []),
      boundNotifications: programs.map(() => undefined),
      slotBits: programs.map(() => PROGRAM_CNODE_BITS),
      firstFreeSlots: [],
      systemCallVectors: programs.map(() => 0),
    };
  }

  add(channel: CheckedChannel): void {
    if (channel.kind === "endpoint") this.addEndpoint(channel);
    else if (channel.kind === "notification") this.addNotification(channel);
    else this.addAsync(channel);
  }

  /** What a program gets beside its channels; all these must be known. */
  complete({ coroutines, systemCallBits, resources }: CheckedProgram, index: number): void {
    // timers and answers to system calls are signals, too
    if (coroutines || systemCallBits > 0) this.asyncInbox(index);
    if (systemCallBits > 0) {
      const inbox = this.asyncInbox(index);
      this.plan.systemCallVectors[index] = nextVector(inbox);
      inbox.identities++;
    }
    const firstFree = this.nextSlot[index]!;
    this.plan.firstFreeSlots[index] = firstFree;
    const slots = firstFree + (resources?.slots ?? 0);
    this.plan.slotBits[index] = Math.max(PROGRAM_CNODE_BITS, Math.ceil(Math.log2(slots)));
  }

  private object(kind: number, count = 1): number {
    return this.plan.objects.push({ kind, count }) - 1;
  }

  /** The object on which `program` receives, made at the first use together with the capability to receive. */
  private inbox(program: number, slot: number, kind: number): Inbox {
    const key = `${program} ${slot}`;
    const known = this.inboxes.get(key);
    if (known) return known;
    const inbox = { object: this.object(kind), identities: 0 };
    this.inboxes.set(key, inbox);
    this.plan.capabilities.push({ program, slot, object: inbox.object, rights: RIGHT_READ, badge: 0n });
    return inbox;
  }

  /** Gives `program` a badged capability to send to an inbox; returns its slot. */
  private sender(program: number, inbox: Inbox, rights: number, badge: bigint): number {
    const slot = this.nextSlot[program]!;
    this.nextSlot[program] = slot + 1;
    this.plan.capabilities.push({ program, slot, object: inbox.object, rights, badge });
    return slot;
  }

  private addEndpoint({ from, to }: CheckedChannel): void {
    const sendSlot = this.callSlot(from, to);
    const common = { kind: CHANNEL_ENDPOINT, identity: from + 1, buffer: 0, ringBytes: 0, callSlot: 0 };
    this.plan.ends[from]!.push({ ...common, side: SIDE_FROM, peer: to, sendSlot, receiveSlot: 0 });
    this.plan.ends[to]!.push({
      ...common,
      side: SIDE_TO,
      peer: from,
      sendSlot: 0,
      receiveSlot: SLOT_SERVICE_ENDPOINT,
    });
  }

  /** Slot of a client's capability to call a server; both kinds of channel that need one share it. */
  private callSlot(from: number, to: number): number {
    const key = `${from} ${to}`;
    const known = this.endpointSlots.get(key);
    if (known !== undefined) return known;
    const inbox = this.inbox(to, SLOT_SERVICE_ENDPOINT, BUNDLE_ENDPOINT);
    const badge = BigInt(ENDPOINT_BADGE_FLAG) | BigInt(from + 1);
    const slot = this.sender(from, inbox, RIGHT_WRITE | RIGHT_GRANT_REPLY, badge);
    this.endpointSlots.set(key, slot);
    return slot;
  }

  private addNotification({ from, to }: CheckedChannel): void {
    const inbox = this.inbox(to, SLOT_NOTIFICATION, BUNDLE_NOTIFICATION);
    const identity = inbox.identities++;
    const sendSlot = this.sender(from, inbox, RIGHT_WRITE, 1n << BigInt(identity));
    const common = { kind: CHANNEL_NOTIFICATION, identity, buffer: 0, ringBytes: 0, callSlot: 0 };
    this.plan.ends[from]!.push({ ...common, side: SIDE_FROM, peer: to, sendSlot, receiveSlot: 0 });
    this.plan.ends[to]!.push({
      ...common,
      side: SIDE_TO,
      peer: from,
      sendSlot: 0,
      receiveSlot: SLOT_NOTIFICATION,
    });
  }

  private addAsync({ from, to, requests }: CheckedChannel): void {
    const ringBytes = requests * CALL_ITEM_BYTES;
    const buffer = this.ringBuffer(from, to, ringBytes);
    const ends = [
      { program: from, peer: to, side: SIDE_FROM, callSlot: this.directCallSlot(from, to) },
      { program: to, peer: from, side: SIDE_TO, callSlot: 0 },
    ];
    for (const { program, peer, side, callSlot } of ends) {
      const theirs = this.asyncInbox(peer);
      const sendSlot = this.sender(program, theirs, RIGHT_WRITE, 1n << BigInt(nextVector(theirs)));
      this.plan.ends[program]!.push({
        kind: CHANNEL_ASYNC,
        side,
        peer,
        sendSlot,
        receiveSlot: SLOT_ASYNC_NOTIFICATION,
        identity: nextVector(this.asyncInbox(program)),
        buffer,
        ringBytes,
        callSlot,
      });
    }
    // both ends know the two numbers now
    for (const program of [from, to]) this.asyncInbox(program).identities++;
  }

  /** Shares a ring buffer between two programs, at one address in both: requests, one page of control lines, responses. */
  private ringBuffer(from: number, to: number, ringBytes: number): number {
    const alignment = 4 * ringBytes;
    const base = Math.ceil(this.nextBuffer / alignment) * alignment;
    this.nextBuffer = base + alignment;
    const ringPages = ringBytes / PROGRAM_PAGE_SIZE;
    for (const [offset, pages] of [
      [0, ringPages],
      [ringBytes, 1],
      [2 * ringBytes, ringPages],
    ] as const) {
      const object = this.object(BUNDLE_PAGES, pages);
      for (const program of [from, to]) this.plan.mappings.push({ program, object, address: base + offset });
    }
    return base;
  }

  /** Beside an async channel on one hart, synchronous calls may pay; slot of the capability for them, or 0. */
  private directCallSlot(from: number, to: number): number {
    const { programs, kernel } = this.system;
    return kernel.syncIpc && programs[from]!.hart === programs[to]!.hart ? this.callSlot(from, to) : 0;
  }

  private asyncInbox(program: number): Inbox {
    const inbox = this.inbox(program, SLOT_ASYNC_NOTIFICATION, BUNDLE_NOTIFICATION);
    this.plan.boundNotifications[program] = inbox.object;
    return inbox;
  }
}

/** Vectors of a program's async channels go round; channels that share one are told apart in their rings. */
function nextVector({ identities }: Inbox): number {
  return identities % CHANNEL_VECTORS;
}
