/**
 * Checks a kernel's invariants while it runs on a machine: each time a hart gives the kernel lock away, when no hart changes
 * anything and others at most wait for the lock. The guest notices nothing, and its time does not change.
 *
 * The check sees memory as the hart does that leaves the kernel. What others changed under the lock is in memory by then; in
 * store-buffer mode what the hart itself has just changed may not be.
 */
import { type BufferedStore, type EventBase, type Machine, Privilege } from "@rel4/machine";
import { EXIT_TO_USER, EXIT_TO_WAIT } from "../assembly/exits";
import { Invariants } from "./invariants";
import { KernelSymbols, MachineView } from "./machine-view";
import { InvariantError } from "./require";

/** How often to check: with every n-th kernel exit. */
export interface InspectorOptions {
  every?: number;
}

export class KernelInspector {
  /** Kernel exits so far, of all harts. */
  exits = 0;
  /** How many of them were checked. */
  checks = 0;
  private readonly view: MachineView;
  private readonly invariants: Invariants;
  private readonly every: number;

  /**
   * Watches `machine`, on which the kernel of `image` will run.
   * @param image the bootable image, or the kernel's own ELF file
   * @throws InspectionError when it is not the image of a debug kernel of this version
   */
  constructor(
    private readonly machine: Machine,
    image: Uint8Array,
    { every = 1 }: InspectorOptions = {},
  ) {
    const symbols = new KernelSymbols(image);
    this.view = new MachineView(machine, symbols);
    this.invariants = new Invariants(this.view);
    this.every = every;
    for (const name of [EXIT_TO_USER, EXIT_TO_WAIT]) {
      const address = BigInt.asUintN(64, BigInt.asIntN(32, BigInt(symbols.required(name))));
      machine.mark({ name, address, privilege: Privilege.supervisor });
    }
    machine.onEvent("mark", (event) => {
      if (event.name === EXIT_TO_USER || event.name === EXIT_TO_WAIT) this.exit(event);
    });
  }

  private exit(event: EventBase): void {
    this.exits++;
    if ((this.exits - 1) % this.every !== 0) return;
    this.checks++;
    this.view.leaving = event.hart;
    const undo = this.carryOut(this.machine.harts[event.hart]!.bufferedStores);
    try {
      this.invariants.check();
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      throw new InvariantError(error.invariant, this.place(event));
    } finally {
      undo();
    }
  }

  /** Puts stores into memory behind the machine's back; returns what takes them out again, before the guest can look. */
  private carryOut(stores: readonly BufferedStore[]): () => void {
    const { memory } = this.machine;
    const before = stores.map(({ address, bytes, value }) => {
      const place = memory.view(address, bytes);
      const old = place.slice();
      for (let index = 0; index < bytes; index++) place[index] = Number((value >> BigInt(8 * index)) & 0xffn);
      return { place, old };
    });
    return () => {
      for (const { place, old } of before.reverse()) place.set(old);
    };
  }

  private place({ hart, instructions, clock }: EventBase): string {
    return `after kernel exit ${this.exits}, on hart ${hart}, which has retired ${instructions} instructions, at cycle ${clock}`;
  }
}
