/** The kernel that runs on a machine: its memory is RAM, its layout is in the symbols of its image. */
import { type ElfSymbol, readElf } from "@rel4/compiler";
import { type Hart, type Machine, Privilege } from "@rel4/machine";
import { CSR_FCSR, CSR_SATP, CSR_SIDELEG, CSR_SIE, CSR_SIP, CSR_SSTATUS, SSTATUS_FS } from "../src/riscv/csr";
import { KernelLayout } from "./layout";
import { InspectedMemory } from "./memory";
import {
  type InspectedHart,
  type InspectedReceivers,
  type KernelView,
  VARIABLES,
  type VariableName,
} from "./view";

const CSR_STIMECMP = 0x14d;
const RUNNING_HARTS = "riscv/hart-context/hartsRunning";

/** An image cannot be inspected: `message` says why, `hint` what to do. */
export class InspectionError extends Error {
  override name = "InspectionError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Addresses by the names that a kernel's image gives them. */
export class KernelSymbols {
  private readonly symbols: readonly ElfSymbol[];

  /** @param image the kernel's ELF file, or a bootable image with it */
  constructor(image: Uint8Array) {
    this.symbols = readElf(image).symbols;
  }

  /** A constant or an address, as the kernel's u32. */
  value(name: string): number | undefined {
    const symbol = this.symbols.find((each) => each.name === name);
    return symbol && Number(BigInt.asUintN(32, symbol.address));
  }

  /** Address of a variable, whose name has its file in front, as far as the compiler was told of folders. */
  variable(name: string): number | undefined {
    const symbol = this.symbols.find((each) => each.name === name || each.name.endsWith(`/${name}`));
    return symbol && Number(BigInt.asUintN(32, symbol.address));
  }

  /** @throws InspectionError when the image has no such symbol */
  required(name: string): number {
    const value = this.value(name);
    if (value === undefined) throw noKernel(name);
    return value;
  }
}

function noKernel(symbol: string): InspectionError {
  return new InspectionError(
    `no ReL4 kernel that says where its objects are (there is no symbol ${symbol})`,
    "give an image that 'rel4 build' of this version made, with its symbols",
  );
}

/** A kernel on a machine. */
export class MachineView implements KernelView {
  readonly memory: InspectedMemory;
  readonly layout: KernelLayout;
  readonly receivers: InspectedReceivers | undefined;
  /** Nobody knows: each hart serves its deadlines when its own interrupt comes. */
  readonly servedTime = 0n;
  /** The machine's hart that is about to leave the kernel. */
  leaving: number | undefined;
  private readonly variables: Readonly<Record<VariableName, number | undefined>>;
  private readonly runningHarts: number;
  private known: readonly MachineHart[] = [];

  /** @throws InspectionError when the symbols are not those of a debug kernel */
  constructor(
    private readonly machine: Machine,
    symbols: KernelSymbols,
  ) {
    const { base, size } = machine.memory;
    this.memory = new InspectedMemory(machine.memory.view(base, size), base);
    const end = symbols.required("__bss_end");
    this.layout = new KernelLayout((name) => symbols.required(name), end);
    if (this.layout.at.Config_debug === 0)
      throw new InspectionError(
        "the kernel was built without debug: it keeps no list of its threads",
        "build it with debug=on",
      );
    this.receivers = machine.receivers;
    this.variables = Object.fromEntries(
      Object.entries(VARIABLES).map(([name, symbol]) => [name, symbols.variable(symbol)]),
    ) as Record<VariableName, number | undefined>;
    const running = symbols.variable(RUNNING_HARTS);
    if (running === undefined) throw noKernel(RUNNING_HARTS);
    this.runningHarts = running;
  }

  /** A variable that nothing ever changes is none for the compiler; all of these are 0 then. */
  variable(name: VariableName): number {
    const address = this.variables[name];
    return address === undefined ? 0 : this.memory.read32(address);
  }

  get harts(): readonly InspectedHart[] {
    const count = this.memory.read32(this.runningHarts);
    if (count !== this.known.length)
      this.known = Array.from({ length: count }, (_, index) => {
        const id = this.memory.read32(this.layout.hart(index) + this.layout.at.Hart_hartId);
        return new MachineHart(this, this.machine.harts[id]!, index);
      });
    return this.known;
  }
}

class MachineHart implements InspectedHart {
  private readonly record: number;

  constructor(
    private readonly view: MachineView,
    private readonly hart: Hart,
    index: number,
  ) {
    this.record = view.layout.hart(index);
  }

  get id(): number {
    return this.hart.id;
  }

  get inUserMode(): boolean {
    return this.hart.privilege === Privilege.user || (this.view.leaving === this.id && !this.isIdle);
  }

  get isSettled(): boolean {
    const { privilege, runState } = this.hart;
    return privilege === Privilege.user || this.view.leaving === this.id || runState === "waiting";
  }

  get isCalled(): boolean {
    const delegated = this.view.receivers ? this.hart.csr(CSR_SIDELEG) : 0n;
    return (this.hart.csr(CSR_SIP) & this.hart.csr(CSR_SIE) & ~delegated) !== 0n;
  }

  get satp(): bigint {
    return this.hart.csr(CSR_SATP);
  }

  get fpuStatus(): number {
    return Number(this.hart.csr(CSR_SSTATUS)) & SSTATUS_FS;
  }

  float(register: number): bigint {
    return this.hart.f(register);
  }

  get fcsr(): number {
    return Number(this.hart.csr(CSR_FCSR));
  }

  get timerDeadline(): bigint {
    return this.hart.csr(CSR_STIMECMP);
  }

  private get isIdle(): boolean {
    const { memory, layout } = this.view;
    return (
      memory.read32(this.record + layout.at.Hart_current) === memory.read32(this.record + layout.at.Hart_idle)
    );
  }
}
