/**
 * The protocol of rings and wake-ups as data: what each program does, step by step, in the order and with the fences of
 * runtime/src/async. Functions here have the names of the methods they stand for (ring-end.ts, executor.ts, async-client.ts,
 * connection.ts), so that the two can be read side by side.
 *
 * A call is one word, its number from 1 on; the server answers with the same number. Items in reality have eight words; to
 * be torn or stale, one of them must be.
 */
import { PEER_ARMED, PEER_AWAKE, PEER_BLOCKED } from "../../abi/src/ring";
import {
  assemble,
  branch,
  check,
  choose,
  type FenceKinds,
  fence,
  goTo,
  interrupt,
  label,
  load,
  loadLate,
  local,
  type Program,
  type Register,
  type Registers,
  type Step,
  signal,
  signalAndWait,
  store,
  swap,
  type Word,
} from "./step";

/** Every fence of the protocol, by what it keeps in order; "c" is the client's, "s" the server's. */
export const FENCES = {
  publish: "items before index",
  settlePublished: "index before peer's state",
  settleArmed: "armed before re-check",
  settleBlocked: "blocked before re-check",
  look: "index before items",
  wake: "memory before uipi",
} as const;

export interface Variant {
  /** Places in a ring: one more than it holds. */
  places: number;
  /** Calls each client makes. */
  calls: number;
  clients: number;
  /** Clients on one hart and the server on another, or all on one. */
  remote: boolean;
  /** Hardware that interrupts user mode. */
  userInterrupts: boolean;
  /** An armed program waits for its interrupt as long as it takes, instead of blocking in the end. */
  armedForEver: boolean;
  /** Programs may poll before they arm. */
  polls: boolean;

  // What the protocol would be without one of its parts
  /** Names of fences left out, as in `fenceName`. */
  without: readonly string[];
  recheck: boolean;
  /** How a waker says that the peer is being woken. */
  wakesBy: "swap" | "store";
  /** Whether a program that blocks says so, or goes on saying that it is armed. */
  showsBlocked: boolean;
  /** "acquire and release": the full fences are replaced by release stores and acquire loads. */
  ordering: "fences" | "acquire and release";
}

export const PROTOCOL: Variant = {
  places: 2,
  calls: 2,
  clients: 1,
  remote: true,
  userInterrupts: true,
  armedForEver: false,
  polls: true,
  without: [],
  recheck: true,
  wakesBy: "swap",
  showsBlocked: true,
  ordering: "fences",
};

export function fenceName(role: "client" | "server", fenceOf: string): string {
  return `${role}: ${fenceOf}`;
}

// Shared words: four control words a channel, then the items of both rings
const CONTROL_WORDS = 4;
const wordsOfChannel = (places: number) => CONTROL_WORDS + 2 * places;

export interface System {
  readonly programs: readonly Program[];
  readonly processNames: readonly string[];
  /** Hart of each process. */
  readonly harts: readonly number[];
  readonly wordNames: readonly string[];
  /** The process that loads each word; the others only write it. */
  readonly readers: readonly number[];
  readonly registers: number;
  /** Processes that make calls, and how many each. */
  readonly clients: number;
  readonly calls: number;
  readonly userInterrupts: boolean;
}

/** One end of a channel: its words, its private registers, its peer. */
interface End {
  channel: number;
  isService: boolean;
  outTail: Word;
  inTail: Word;
  ownState: Word;
  peerState: Word;
  outItem: (place: number) => Word;
  inItem: (place: number) => Word;
  peer: number;
  peerName: string;
  /** This channel's bit in the peer's signals and in this program's own. */
  badge: number;
  out: Register;
  published: Register;
  in: Register;
  inEnd: Register;
  mustWake: Register;
  isHot: Register;
}

// Registers that every program has; those of its ends follow
const FOUND: Register = 0;
const STATE: Register = 1;
const SLOT: Register = 2;
const SIGNALS: Register = 3;
const ITEM: Register = 4;
const INDEX: Register = 5;
const SENT: Register = 6;
const DONE: Register = 7;
const WRITTEN_AHEAD: Register = 8;
const FIRST_OF_END: Register = 9;
const REGISTERS_OF_END = 8;

export const STATE_NAMES = new Map([
  [PEER_BLOCKED, "blocked"],
  [PEER_ARMED, "armed"],
  [PEER_AWAKE, "awake"],
]);

/** Builds the programs of all processes: clients first, the server last. */
export function buildSystem(variant: Variant): System {
  const { clients, places } = variant;
  const server = clients;
  const clientName = (i: number) => (clients === 1 ? "client" : `client ${i + 1}`);
  const wordNames: string[] = [];
  const readers: number[] = [];
  for (let i = 0; i < clients; i++) {
    const of = clients === 1 ? "" : ` ${i + 1}`;
    wordNames.push(
      `request index${of}`,
      `response index${of}`,
      `server's state${of}`,
      `client's state${of}`,
      ...Array.from({ length: places }, (_, at) => `request ${at}${of}`),
      ...Array.from({ length: places }, (_, at) => `response ${at}${of}`),
    );
    readers.push(server, i, i, server);
    for (let at = 0; at < 2 * places; at++) readers.push(at < places ? server : i);
  }
  const programs: Program[] = [];
  for (let i = 0; i < clients; i++) {
    programs.push(
      assemble(new Role("client", variant, [makeEnd(variant, i, false, server, "server")]).steps()),
    );
  }
  const serverEnds = Array.from({ length: clients }, (_, i) => makeEnd(variant, i, true, i, clientName(i)));
  programs.push(assemble(new Role("server", variant, serverEnds).steps()));
  return {
    programs,
    processNames: [...Array.from({ length: clients }, (_, i) => clientName(i)), "server"],
    harts: [...Array.from({ length: clients }, () => 0), variant.remote ? 1 : 0],
    wordNames,
    readers,
    clients,
    calls: variant.calls,
    registers: FIRST_OF_END + clients * REGISTERS_OF_END,
    userInterrupts: variant.userInterrupts && variant.remote,
  };
}

/** How many calls of a client have been answered: the register by which a run is judged. */
export const ANSWERED = DONE;

function makeEnd(variant: Variant, channel: number, isService: boolean, peer: number, peerName: string): End {
  const { places } = variant;
  const first = channel * wordsOfChannel(places);
  const request = (place: number) => first + CONTROL_WORDS + place;
  const response = (place: number) => first + CONTROL_WORDS + places + place;
  const register = FIRST_OF_END + (isService ? channel : 0) * REGISTERS_OF_END;
  return {
    channel,
    isService,
    outTail: first + (isService ? 1 : 0),
    inTail: first + (isService ? 0 : 1),
    ownState: first + (isService ? 2 : 3),
    peerState: first + (isService ? 3 : 2),
    outItem: isService ? response : request,
    inItem: isService ? request : response,
    peer,
    peerName,
    badge: isService ? 1 : 1 << channel,
    out: register,
    published: register + 1,
    in: register + 2,
    inEnd: register + 3,
    mustWake: register + 4,
    isHot: register + 5,
  };
}

/** Number of calls of an end so far, kept beside its ring position to know which item is due. */
const countOf = (end: End): Register => end.isHot + 1;

class Role {
  private labels = 0;

  constructor(
    private readonly name: "client" | "server",
    private readonly variant: Variant,
    private readonly ends: readonly End[],
  ) {}

  /** The program: the executor's loop around what this role does with a ring. */
  steps(): Step[] {
    return [
      ...(this.name === "server" ? this.ends.map((end) => set(end.isHot, 1)) : []),
      label("loop"),
      set(FOUND, 0),
      set(INDEX, 0),
      ...this.arrived(),
      ...this.ends.flatMap((end) => (end.isService ? this.serve(end) : this.collect(end))),
      ...(this.name === "client" ? this.coroutines(this.ends[0]!) : []),
      branch("loop", (r) => r.get(FOUND) !== 0),
      ...this.idle(),
      goTo("loop"),
    ];
  }

  // RingEnd

  private fence(fenceOf: string, orders: FenceKinds): Step[] {
    const name = fenceName(this.name, fenceOf);
    return this.variant.without.includes(name) ? [] : [fence(name, orders)];
  }

  /** RingEnd.publish */
  private publish(end: End): Step[] {
    return [
      ...this.fence(FENCES.publish, "rw,w"),
      store(`publishes ${end.isService ? "responses" : "requests"}`, end.outTail, (r) => r.get(end.out)),
      local((r) => r.set(end.published, r.get(end.out))),
    ];
  }

  /** RingEnd.look: INDEX = the peer's index. */
  private look(end: End): Step[] {
    return [
      load("looks how far the other has come", end.inTail, end.inEnd),
      ...this.fence(FENCES.look, "r,rw"),
    ];
  }

  /** RingEnd.show */
  private show(end: End, state: number): Step[] {
    const released: Step[] =
      this.variant.ordering === "fences" ? [] : [fence("release of the state", "rw,w")];
    return [...released, store(`shows ${STATE_NAMES.get(state)}`, end.ownState, state)];
  }

  /** RingEnd.settle */
  private settle(fenceOf: string): Step[] {
    return this.variant.ordering === "fences" ? this.fence(fenceOf, "rw,rw") : [];
  }

  private acquired(): Step[] {
    return this.variant.ordering === "fences" ? [] : [fence("acquire", "r,rw")];
  }

  /** RingEnd.wakePeer: SLOT = slot still to be signalled + 1, or 0. */
  private wakePeer(end: End): Step[] {
    const after = this.newLabel("woken");
    const doSignal = this.newLabel("signal");
    const { wakesBy, userInterrupts, remote } = this.variant;
    return [
      set(SLOT, 0),
      load("looks how to wake the other", end.peerState, STATE),
      ...this.acquired(),
      branch(after, (r) => r.get(STATE) === PEER_AWAKE),
      ...(wakesBy === "swap"
        ? [
            swap("says that it wakes the other", end.peerState, PEER_AWAKE, STATE),
            branch(after, (r) => r.get(STATE) === PEER_AWAKE),
          ]
        : [store("says that it wakes the other", end.peerState, PEER_AWAKE)]),
      ...(userInterrupts && remote
        ? [
            branch(doSignal, (r) => r.get(STATE) !== PEER_ARMED),
            ...this.fence(FENCES.wake, "rw,o"),
            interrupt(`sends a user interrupt to ${end.peerName}`, end.peer),
            goTo(after),
          ]
        : []),
      label(doSignal),
      set(SLOT, end.peer + 1),
      label(after),
      set(STATE, 0),
    ];
  }

  /** signal(slot) when there is one. */
  private signalSlot(): Step[] {
    const after = this.newLabel("signalled");
    return [
      branch(after, (r) => r.get(SLOT) === 0),
      signal(
        "signals the other",
        (r) => r.get(SLOT),
        (r) => this.badgeFor(r.get(SLOT)),
      ),
      set(SLOT, 0),
      label(after),
    ];
  }

  private badgeFor(slot: number): number {
    return this.ends.find((end) => end.peer === slot - 1)?.badge ?? 0;
  }

  private publishNow(end: End): Step[] {
    return [
      ...this.publish(end),
      ...this.settle(FENCES.settlePublished),
      ...this.wakePeer(end),
      ...this.signalSlot(),
    ];
  }

  // Connection

  /** Connection.serve */
  private serve(end: End): Step[] {
    const [each, after, more] = [this.newLabel("request"), this.newLabel("served"), this.newLabel("more")];
    const { places, remote } = this.variant;
    const due = (r: Registers) => r.get(countOf(end)) + 1;
    const whole = "the request is the one that is due";
    return [
      branch(after, (r) => r.get(end.isHot) === 0),
      ...this.look(end),
      branch(after, (r) => r.get(end.inEnd) === r.get(end.in)),
      set(FOUND, 1),
      label(each),
      load("reads a request", (r) => end.inItem(r.get(end.in)), ITEM),
      check(whole, (r) => r.get(ITEM) === due(r)),
      loadLate("reads the rest of the request", (r) => end.inItem(r.get(end.in)), due),
      store(
        "writes a response",
        (r) => end.outItem(r.get(end.out)),
        (r) => r.get(ITEM),
      ),
      local((r) => {
        advance(r, end.out, places);
        advance(r, end.in, places);
        r.set(countOf(end), due(r));
        r.set(ITEM, 0);
      }),
      branch(more, (r) => r.get(end.in) === r.get(end.inEnd)),
      ...(remote ? [choose("goes on before it publishes", each), ...this.publish(end)] : []),
      goTo(each),
      label(more),
      ...(remote ? this.publishNow(end) : []),
      label(after),
    ];
  }

  // AsyncClient

  /** AsyncClient.collect */
  private collect(end: End): Step[] {
    const [each, after] = [this.newLabel("response"), this.newLabel("collected")];
    const { places, calls } = this.variant;
    const due = (r: Registers) => r.get(DONE) + 1;
    return [
      branch(after, (r) => r.get(end.isHot) === 0),
      ...this.look(end),
      branch(after, (r) => r.get(end.inEnd) === r.get(end.in)),
      set(FOUND, 1),
      label(each),
      load("reads a response", (r) => end.inItem(r.get(end.in)), ITEM),
      check(
        "the response is the one that is due",
        (r) => r.get(ITEM) === due(r) && r.get(ITEM) <= r.get(SENT),
      ),
      loadLate("reads the rest of the response", (r) => end.inItem(r.get(end.in)), due),
      local((r) => {
        advance(r, end.in, places);
        r.set(DONE, due(r));
        r.set(ITEM, 0);
      }),
      branch(each, (r) => r.get(end.in) !== r.get(end.inEnd)),
      label(after),
      branch("not finished", (r) => r.get(DONE) !== calls),
      { kind: "finish" },
      label("not finished"),
    ];
  }

  /** AsyncClient.call in as many coroutines as there are calls; the request is written before it is known whether it fits. */
  private coroutines(end: End): Step[] {
    const { places, calls, remote } = this.variant;
    const isFull = (r: Registers) => r.get(SENT) - r.get(DONE) === places - 1;
    return [
      label("call"),
      branch("called", (r) => r.get(SENT) === calls || (isFull(r) && r.get(WRITTEN_AHEAD) !== 0)),
      branch("call now", (r) => r.get(SENT) === r.get(DONE)),
      choose("calls later", "called"),
      label("call now"),
      store(
        "writes a request",
        (r) => end.outItem(r.get(end.out)),
        (r) => r.get(SENT) + 1,
      ),
      set(WRITTEN_AHEAD, 1),
      branch("called", isFull),
      local((r) => {
        r.set(WRITTEN_AHEAD, 0);
        r.set(SENT, r.get(SENT) + 1);
        advance(r, end.out, places);
        r.set(end.isHot, 1);
        r.set(FOUND, 1);
      }),
      ...(remote
        ? [choose("publishes later", "call"), ...this.publishNow(end), goTo("call")]
        : [goTo("call")]),
      label("called"),
    ];
  }

  // Executor

  /** Executor.arrived with what the handler of user interrupts has noted. */
  private arrived(): Step[] {
    if (!this.takesInterrupts) return [];
    return [{ kind: "takeArrivals", into: SIGNALS, says: "looks what has arrived" }, this.makeHot()];
  }

  private makeHot(): Step {
    return local((r) => {
      for (const end of this.ends) if (r.get(SIGNALS) & ownBadge(end)) r.set(end.isHot, 1);
      r.set(SIGNALS, 0);
    });
  }

  private get takesInterrupts(): boolean {
    return this.variant.userInterrupts && this.variant.remote;
  }

  /** Steps for every hot end. */
  private forHot(steps: (end: End) => Step[]): Step[] {
    return this.ends.flatMap((end) => {
      const after = this.newLabel("next");
      return [branch(after, (r) => r.get(end.isHot) === 0), ...steps(end), label(after)];
    });
  }

  /** Executor.anyNews: goes to `found` when a ring has something. */
  private anyNews(found: string): Step[] {
    return this.forHot((end) => [
      load("looks into the ring again", end.inTail, INDEX),
      ...this.acquired(),
      branch(found, (r) => r.get(INDEX) !== r.get(end.in)),
      set(INDEX, 0),
    ]);
  }

  /** Executor.idle */
  private idle(): Step[] {
    const { remote, recheck } = this.variant;
    return [
      ...this.forHot((end) => {
        const after = this.newLabel("published");
        return [
          branch(after, (r) => r.get(end.out) === r.get(end.published)),
          ...this.publish(end),
          set(end.mustWake, 1),
          label(after),
        ];
      }),
      ...(remote ? [] : this.forHot((end) => this.show(end, PEER_BLOCKED))),
      ...this.settle(FENCES.settlePublished),
      ...this.forHot((end) => {
        const after = this.newLabel("woke");
        return [
          branch(after, (r) => r.get(end.mustWake) === 0),
          set(end.mustWake, 0),
          ...this.signalSlot(),
          ...this.wakePeer(end),
          label(after),
        ];
      }),
      ...(remote ? [...this.signalSlot(), ...this.waitInUserMode()] : []),
      ...(recheck ? this.anyNews("stay awake") : []),
      ...this.block(),
    ];
  }

  /** Executor.idleAmongHarts from the polling on, up to the last look. */
  private waitInUserMode(): Step[] {
    const { polls, armedForEver, recheck, showsBlocked } = this.variant;
    const steps: Step[] = [];
    if (polls) {
      steps.push(
        label("poll"),
        choose("has polled long enough", "polled"),
        ...this.anyNews("loop"),
        goTo("poll"),
        label("polled"),
      );
    }
    if (this.takesInterrupts) {
      steps.push(
        ...this.forHot((end) => this.show(end, PEER_ARMED)),
        ...this.settle(FENCES.settleArmed),
        ...(recheck ? this.anyNews("awake again") : []),
        {
          kind: "awaitArrivals",
          orTo: armedForEver ? undefined : "disarm",
          says: "waits armed for a user interrupt",
        },
        label("awake again"),
        ...this.forHot((end) => this.show(end, PEER_AWAKE)),
        goTo("loop"),
        label("disarm"),
      );
    }
    if (showsBlocked) {
      steps.push(...this.forHot((end) => this.show(end, PEER_BLOCKED)), ...this.settle(FENCES.settleBlocked));
    }
    return steps;
  }

  /** Executor.block, with Ends.coolDown before it. */
  private block(): Step[] {
    const wait: Step[] = [
      signalAndWait(
        "waits in the kernel",
        (r) => r.get(SLOT),
        (r) => this.badgeFor(r.get(SLOT)),
        SIGNALS,
      ),
      set(SLOT, 0),
      this.makeHot(),
    ];
    const coolDown = local((r) => {
      for (const end of this.ends) if (end.isService || r.get(SENT) === r.get(DONE)) r.set(end.isHot, 0);
    });
    const masked: Step[] = [
      { kind: "mask", masked: true, says: "masks user interrupts" },
      { kind: "takeArrivals", into: SIGNALS, says: "looks what has arrived" },
      branch("arrived", (r) => r.get(SIGNALS) !== 0),
      ...wait,
      { kind: "mask", masked: false, says: "lets user interrupts in" },
      goTo("loop"),
      label("arrived"),
      this.makeHot(),
      { kind: "mask", masked: false, says: "lets user interrupts in" },
      goTo("loop"),
    ];
    return [
      coolDown,
      ...(this.takesInterrupts ? masked : [...wait, goTo("loop")]),
      label("stay awake"),
      ...this.signalSlot(),
      ...(this.variant.remote ? this.forHot((end) => this.show(end, PEER_AWAKE)) : []),
    ];
  }

  private newLabel(name: string): string {
    return `${name} ${++this.labels}`;
  }
}

/** The bit of an end's channel in its own program's signals. */
function ownBadge(end: End): number {
  return end.isService ? 1 << end.channel : 1;
}

function set(register: Register, what: number): Step {
  return local((r) => r.set(register, what));
}

function advance(r: Registers, register: Register, places: number): void {
  r.set(register, (r.get(register) + 1) % places);
}
