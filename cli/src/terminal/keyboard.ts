// Standard input as the guest's keyboard. At a terminal Ctrl-A begins a command, as in QEMU; a pipe's bytes go to the guest as they
// are, and its end closes the guest's console.
import type { MachineConsole } from "@rel4/machine";
import { RawTerminal } from "./raw-terminal";

const ESCAPE = 0x01;

/** What Ctrl-A and a letter do. */
export interface KeyboardCommands {
  quit(): void;
  /** Shows the commands. */
  help(): void;
  /** Turns the keyboard to the monitor, or back to the guest. */
  monitor(): void;
}

const HELP_KEYS = ["h", "?"];

export class Keyboard {
  private readonly terminal: RawTerminal | undefined;
  private escaped = false;
  private readonly onData = (data: Uint8Array) => this.receive(data);
  private readonly onEnd = () => this.console.closeInput();

  /** @param other takes keys instead of the guest when it returns true for them */
  constructor(
    private readonly console: MachineConsole,
    private readonly commands: KeyboardCommands,
    private readonly other: (byte: number) => boolean = () => false,
  ) {
    console.openInput();
    if (process.stdin.isTTY) this.terminal = new RawTerminal();
    process.stdin.on("data", this.onData).on("end", this.onEnd).on("error", this.onEnd).resume();
  }

  close(): void {
    process.stdin.off("data", this.onData).off("end", this.onEnd).off("error", this.onEnd).pause();
    this.terminal?.close();
  }

  private receive(data: Uint8Array): void {
    const passed = this.terminal ? data.filter((byte) => this.passes(byte)) : data;
    if (passed.length > 0) this.console.input(passed);
  }

  /** Whether a byte typed at the terminal goes to the guest. Ctrl-A twice sends one Ctrl-A. */
  private passes(byte: number): boolean {
    if (this.escaped) {
      this.escaped = false;
      if (byte !== ESCAPE) {
        this.command(String.fromCharCode(byte).toLowerCase());
        return false;
      }
    } else if (byte === ESCAPE) {
      this.escaped = true;
      return false;
    }
    return !this.other(byte);
  }

  private command(key: string): void {
    if (key === "x") this.commands.quit();
    else if (key === "c") this.commands.monitor();
    else if (HELP_KEYS.includes(key)) this.commands.help();
  }
}
