// The monitor behind Ctrl-A C: looks at the running machine. The guest goes on meanwhile, as under QEMU.
import { type Hart, type Machine, Privilege } from "@rel4/machine";
import { statisticsTable } from "../statistics";

/** What the monitor may do besides looking. */
export interface MonitorActions {
  quit(): void;
  reset(): void;
}

const PROMPT = "(rel4) ";
const ENTER = [0x0d, 0x0a];
const ERASE = [0x08, 0x7f];
const CONTROL_C = 0x03;
const FIRST_PRINTABLE = 0x20;

const REGISTER_NAMES =
  "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6".split(
    " ",
  );
const SHOWN_CSRS: readonly [string, number][] = [
  ["mstatus", 0x300],
  ["mie", 0x304],
  ["mip", 0x344],
  ["mtvec", 0x305],
  ["mepc", 0x341],
  ["mcause", 0x342],
  ["mtval", 0x343],
  ["mideleg", 0x303],
  ["medeleg", 0x302],
  ["stvec", 0x105],
  ["sepc", 0x141],
  ["scause", 0x142],
  ["stval", 0x143],
  ["satp", 0x180],
];
const FCSR = 0x003;
const MODE_NAMES = { [Privilege.user]: "U", [Privilege.supervisor]: "S", [Privilege.machine]: "M" } as const;
const MOST_WORDS = 256;

const HELP = `help                    this list
info harts              state, mode and pc of each hart
info registers [HART]   registers and CSRs; of all harts without a number
info float [HART]       floating-point registers
info counters           cycles, instructions, traps and interrupts of each hart
info devices            what is on the bus
x ADDRESS [WORDS]       physical RAM, in words of 8 bytes
system_reset            start again, as after power-on
quit                    end rel4
Ctrl-A C                back to the guest's console`;

export class Monitor {
  private isOpen = false;
  private line = "";

  constructor(
    private readonly machine: Machine,
    private readonly actions: MonitorActions,
    private readonly print: (text: string) => void,
  ) {}

  /** Opens or closes it. */
  toggle(): void {
    this.isOpen = !this.isOpen;
    this.line = "";
    this.print(this.isOpen ? `\nrel4 monitor, 'help' lists its commands\n${PROMPT}` : "\n");
  }

  /** Takes a key while the monitor is open; false when it is not. */
  key(byte: number): boolean {
    if (!this.isOpen) return false;
    if (ENTER.includes(byte)) this.enter();
    else if (ERASE.includes(byte)) this.erase();
    else if (byte === CONTROL_C) {
      this.line = "";
      this.print(`\n${PROMPT}`);
    } else if (byte >= FIRST_PRINTABLE) {
      this.line += String.fromCharCode(byte);
      this.print(String.fromCharCode(byte));
    }
    return true;
  }

  private erase(): void {
    if (this.line === "") return;
    this.line = this.line.slice(0, -1);
    this.print("\b \b");
  }

  private enter(): void {
    const line = this.line.trim();
    this.line = "";
    const answer = this.execute(line);
    this.print(`\n${answer === "" ? "" : `${answer}\n`}${PROMPT}`);
  }

  /** Carries a command line out; what it says, without a final newline. */
  execute(line: string): string {
    const [command = "", ...rest] = line.split(/\s+/);
    switch (command) {
      case "":
        return "";
      case "help":
      case "?":
        return HELP;
      case "info":
      case "i":
        return this.info(rest);
      case "x":
        return this.examine(rest);
      case "system_reset":
        this.actions.reset();
        return "";
      case "quit":
      case "q":
        this.actions.quit();
        return "";
      default:
        return `there is no command '${command}'; 'help' lists them`;
    }
  }

  private info([what = "", number]: string[]): string {
    const { harts, devices } = this.machine;
    switch (what) {
      case "harts":
        return harts.map((hart) => this.describeHart(hart)).join("\n");
      case "registers":
        return this.eachHart(number, describeRegisters);
      case "float":
        return this.eachHart(number, describeFloatRegisters);
      case "counters":
        return statisticsTable(this.machine);
      case "devices":
        return devices
          .map(({ base, size, name }) => `${hex(base, 9)} to ${hex(base + size - 1, 9)}  ${name}`)
          .join("\n");
      default:
        return "info harts, info registers, info float, info counters, info devices";
    }
  }

  /** What there is to say of the hart with a number, or of all. */
  private eachHart(number: string | undefined, describe: (hart: Hart) => string): string {
    const { harts } = this.machine;
    const asked = number === undefined ? harts : harts.filter(({ id }) => String(id) === number);
    if (asked.length === 0) return `there is no hart ${number}`;
    return asked.map((hart) => `${this.describeHart(hart)}\n${describe(hart)}`).join("\n\n");
  }

  private describeHart(hart: Hart): string {
    const where = this.machine.symbols?.lookup(hart.pc);
    const name = where ? ` (${this.machine.symbols?.describe(hart.pc)})` : "";
    return `hart ${hart.id}: ${hart.runState}, mode ${MODE_NAMES[hart.privilege]}, pc ${hex(hart.pc)}${name}`;
  }

  private examine([at = "", count = "1"]: string[]): string {
    const { memory } = this.machine;
    const [address, words] = [Number(at), Number(count)];
    if (at === "" || !Number.isSafeInteger(address) || !(words >= 1 && words <= MOST_WORDS))
      return `x ADDRESS [WORDS], for example x 0x80000000 4; at most ${MOST_WORDS} words`;
    if (address < memory.base || address + words * 8 > memory.base + memory.size)
      return `RAM is at ${hex(memory.base)} to ${hex(memory.base + memory.size - 1)}`;
    const lines: string[] = [];
    for (let word = 0; word < words; word += 2) {
      const values = Array.from({ length: Math.min(2, words - word) }, (_, index) =>
        hex(memory.readU64(address + (word + index) * 8)),
      );
      lines.push(`${hex(address + word * 8)}: ${values.join(" ")}`);
    }
    return lines.join("\n");
  }
}

function describeRegisters(hart: Hart): string {
  const registers = REGISTER_NAMES.map((name, index) => [name, hart.x(index)] as const);
  const csrs = SHOWN_CSRS.map(([name, number]) => [name, hart.csr(number)] as const);
  return [...columns(registers), ...columns(csrs)].join("\n");
}

function describeFloatRegisters(hart: Hart): string {
  const registers = Array.from({ length: 32 }, (_, index) => [`f${index}`, hart.f(index)] as const);
  return [...columns(registers), ...columns([["fcsr", hart.csr(FCSR)]])].join("\n");
}

function columns(values: readonly (readonly [string, bigint])[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < values.length; index += 4)
    lines.push(
      values
        .slice(index, index + 4)
        .map(([name, value]) => `${name.padStart(8)} ${hex(value)}`)
        .join(""),
    );
  return lines;
}

function hex(value: bigint | number, digits = 16): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
