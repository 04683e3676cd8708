/**
 * Checks a kernel's invariants while it runs on a machine: each time a hart gives the kernel lock away, when no hart changes
 * anything and others at most wait for the lock. The guest notices nothing, and its time does not change.
 *
 * In store-buffer mode what a hart has stored is not in memory yet at that moment. There the check is made when the hart
 * returns to user mode or waits, unless the lock, as memory shows it, is not free by then.
 */
import type { EventBase, Machine } from "@rel4/machine";
import { EXIT_TO_USER, EXIT_TO_WAIT } from "../assembly/exits";
import { Invariants } from "./invariants";
import { KernelSymbols, MachineView } from "./machine-view";
import { InvariantError } from "./require";

const LOCK = "kernelLock";
const SERVING = 4;
const USER = 0;
const SUPERVISOR = 1;

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
  private readonly lock: number;

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
    this.lock = symbols.required(LOCK);
    if (machine.buffersStores) this.listenToHarts();
    else this.markExits(symbols);
  }

  private markExits(symbols: KernelSymbols): void {
    for (const name of [EXIT_TO_USER, EXIT_TO_WAIT]) {
      const address = BigInt.asUintN(64, BigInt.asIntN(32, BigInt(symbols.required(name))));
      this.machine.mark({ name, address, privilege: SUPERVISOR });
    }
    this.machine.onEvent("mark", (event) => {
      if (event.name === EXIT_TO_USER || event.name === EXIT_TO_WAIT) this.exit(event);
    });
  }

  private listenToHarts(): void {
    this.machine.onEvent("return", (event) => {
      if (event.instruction === "sret" && event.to === USER) this.exitInStoreBufferMode(event);
    });
    this.machine.onEvent("wait", (event) => {
      if (event.instruction === "wfi" && event.privilege === SUPERVISOR) this.exitInStoreBufferMode(event);
    });
  }

  private exitInStoreBufferMode(event: EventBase): void {
    const { memory } = this.view;
    // The release drains behind all that the hart did under the lock.
    if (memory.read32(this.lock) === memory.read32(this.lock + SERVING)) this.exit(event);
  }

  private exit(event: EventBase): void {
    this.exits++;
    if (this.exits % this.every !== 0) return;
    this.checks++;
    this.view.leaving = event.hart;
    try {
      this.invariants.check();
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      throw new InvariantError(error.invariant, this.place(event));
    }
  }

  private place({ hart, instructions, clock }: EventBase): string {
    return `after kernel exit ${this.exits}, on hart ${hart}, which has retired ${instructions} instructions, at cycle ${clock}`;
  }
}
