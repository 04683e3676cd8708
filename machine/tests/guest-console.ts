// A person at the console of a guest: types lines and waits for what it prints.
import type { Machine } from "../src/index";

export class GuestConsole {
  output = "";
  private seen = 0;

  constructor(
    readonly machine: Machine,
    /** Instructions after which waiting for one text is given up. */
    private readonly patience = 50e9,
  ) {
    const decoder = new TextDecoder();
    machine.console.onOutput((bytes) => {
      this.output += decoder.decode(bytes, { stream: true }).replaceAll("\r", "");
    });
  }

  /**
   * Runs the guest until it prints `pattern` behind what was waited for before.
   * @returns what was printed up to its end
   * @throws Error with the last output when it does not come
   */
  async waitFor(pattern: RegExp): Promise<string> {
    const found = () => pattern.exec(this.output.slice(this.seen));
    const { reason } = await this.machine.run({
      until: () => found() !== null,
      maxInstructions: this.patience,
    });
    const match = found();
    if (!match)
      throw new Error(
        `the guest did not print ${pattern} (${reason}); at last:\n${this.output.slice(-2000)}`,
      );
    const end = this.seen + match.index + match[0].length;
    const text = this.output.slice(this.seen, end);
    this.seen = end;
    return text;
  }

  /** Types a line and waits for the prompt behind its output. */
  async command(line: string, prompt: RegExp): Promise<string> {
    this.machine.console.input(`${line}\n`);
    return this.waitFor(prompt);
  }
}
