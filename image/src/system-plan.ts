/**
 * From a checked description to kernel objects: which there are, which capabilities each program gets in which slot, and
 * which pages are shared. The root server executes this plan; programs read their side of it in the start-info page.
 *
 * A program that receives has one endpoint for all its clients (told apart by badge), one notification for all channels
 * of kind "notification", and one for all of kind "async" (told apart by bit).
 */
import {
  BUNDLE_ENDPOINT,
  BUNDLE_NOTIFICATION,
  BUNDLE_PAGE,
  CHANNEL_ASYNC,
  CHANNEL_ENDPOINT,
  CHANNEL_NOTIFICATION,
  CHANNEL_PAGES_BASE,
  ENDPOINT_BADGE_FLAG,
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
import type { CheckedChannel, CheckedSystem } from "./check-system";

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
  /** User virtual address. */
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
  page: number;
}

export interface SystemPlan {
  /** Kinds of the objects, by number. */
  objects: number[];
  capabilities: PlannedCapability[];
  mappings: PlannedMapping[];
  /** Channel ends of each program. */
  ends: ChannelEnd[][];
  /** Object bound to each program's thread, if any. */
  boundNotifications: (number | undefined)[];
}

/** Decides objects, slots, badges and shared pages for all channels. */
export function planSystem(system: CheckedSystem): SystemPlan {
  const planner = new Planner(system.programs.length);
  for (const channel of system.channels) planner.add(channel);
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
  private readonly nextSlot: number[];
  private pages = 0;

  constructor(programs: number) {
    this.nextSlot = Array.from({ length: programs }, () => SLOT_FIRST_CHANNEL);
    this.plan = {
      objects: [],
      capabilities: [],
      mappings: [],
      ends: Array.from({ length: programs }, () => []),
      boundNotifications: Array.from({ length: programs }, () => undefined),
    };
  }

  add(channel: CheckedChannel): void {
    if (channel.kind === "endpoint") this.addEndpoint(channel);
    else if (channel.kind === "notification") this.addNotification(channel);
    else this.addAsync(channel);
  }

  private object(kind: number): number {
    return this.plan.objects.push(kind) - 1;
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
    const inbox = this.inbox(to, SLOT_SERVICE_ENDPOINT, BUNDLE_ENDPOINT);
    const identity = from + 1;
    const badge = BigInt(ENDPOINT_BADGE_FLAG) | BigInt(identity);
    const sendSlot = this.sender(from, inbox, RIGHT_WRITE | RIGHT_GRANT_REPLY, badge);
    const common = { kind: CHANNEL_ENDPOINT, identity, page: 0 };
    this.plan.ends[from]!.push({ ...common, side: SIDE_FROM, peer: to, sendSlot, receiveSlot: 0 });
    this.plan.ends[to]!.push({
      ...common,
      side: SIDE_TO,
      peer: from,
      sendSlot: 0,
      receiveSlot: SLOT_SERVICE_ENDPOINT,
    });
  }

  private addNotification({ from, to }: CheckedChannel): void {
    const inbox = this.inbox(to, SLOT_NOTIFICATION, BUNDLE_NOTIFICATION);
    const identity = inbox.identities++;
    const sendSlot = this.sender(from, inbox, RIGHT_WRITE, 1n << BigInt(identity));
    const common = { kind: CHANNEL_NOTIFICATION, identity, page: 0 };
    this.plan.ends[from]!.push({ ...common, side: SIDE_FROM, peer: to, sendSlot, receiveSlot: 0 });
    this.plan.ends[to]!.push({
      ...common,
      side: SIDE_TO,
      peer: from,
      sendSlot: 0,
      receiveSlot: SLOT_NOTIFICATION,
    });
  }

  private addAsync({ from, to }: CheckedChannel): void {
    const object = this.object(BUNDLE_PAGE);
    const page = CHANNEL_PAGES_BASE + this.pages++ * PROGRAM_PAGE_SIZE;
    for (const program of [from, to]) this.plan.mappings.push({ program, object, address: page });
    const ends = [
      { program: from, peer: to, side: SIDE_FROM },
      { program: to, peer: from, side: SIDE_TO },
    ];
    for (const { program, peer, side } of ends) {
      const own = this.asyncInbox(program);
      const theirs = this.asyncInbox(peer);
      const sendSlot = this.sender(program, theirs, RIGHT_WRITE, 1n << BigInt(theirs.identities));
      this.plan.ends[program]!.push({
        kind: CHANNEL_ASYNC,
        side,
        peer,
        sendSlot,
        receiveSlot: SLOT_ASYNC_NOTIFICATION,
        identity: own.identities,
        page,
      });
    }
    // both ends know the two numbers now
    for (const program of [from, to]) this.asyncInbox(program).identities++;
  }

  private asyncInbox(program: number): Inbox {
    const inbox = this.inbox(program, SLOT_ASYNC_NOTIFICATION, BUNDLE_NOTIFICATION);
    this.plan.boundNotifications[program] = inbox.object;
    return inbox;
  }
}
