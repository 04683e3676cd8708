// Options with suboptions, as QEMU writes them: `file=disk.img,readonly=on`. A comma in a value is written twice.
import { InvalidArgumentError } from "commander";

/** Suboptions by name, each taken once; those nobody has asked for are refused. */
export class Suboptions {
  private readonly values = new Map<string, string>();

  /**
   * @param option for messages, such as "--drive"
   * @param first the name a first word without "=" stands for
   * @throws InvalidArgumentError when the text cannot be split, or names something twice
   */
  constructor(
    private readonly option: string,
    text: string,
    first?: string,
  ) {
    for (const [index, word] of splitAtCommas(text).entries()) {
      const equals = word.indexOf("=");
      const isFirst = equals < 0 && index === 0 && first !== undefined;
      const name = isFirst ? first : equals < 0 ? word : word.slice(0, equals);
      if (name === "") throw new InvalidArgumentError(`There is an empty suboption in '${text}'.`);
      if (this.values.has(name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
      this.values.set(name, isFirst ? word : equals < 0 ? "on" : word.slice(equals + 1));
    }
  }

  /** The value of the first of `names` that is given. */
  text(...names: string[]): string | undefined {
    let found: string | undefined;
    for (const name of names) {
      found ??= this.values.get(name);
      this.values.delete(name);
    }
    return found;
  }

  flag(name: string): boolean {
    const value = this.text(name) ?? "off";
    if (["on", "true", "yes"].includes(value)) return true;
    if (["off", "false", "no"].includes(value)) return false;
    throw new InvalidArgumentError(`'${name}' is on or off, not '${value}'.`);
  }

  /** A port number; undefined when it is not given. */
  port(...names: string[]): number | undefined {
    const value = this.text(...names);
    return value === undefined ? undefined : parsePort(value);
  }

  /** One of the choices, of which the first is what it is without being given. */
  choice<T extends string>(name: string, ...choices: readonly [T, ...T[]]): T {
    const value = this.text(name) ?? choices[0];
    const found = choices.find((choice) => choice === value);
    if (found === undefined)
      throw new InvalidArgumentError(`'${name}' can be ${choices.join(" or ")}, not '${value}'.`);
    return found;
  }

  /** @throws InvalidArgumentError when something is left that nobody asked for; `known` says what there is */
  refuseRest(known: string): void {
    const [rest] = this.values.keys();
    if (rest !== undefined)
      throw new InvalidArgumentError(`${this.option} has no '${rest}' here; it knows ${known}.`);
  }
}

/** A port number of TCP or UDP, 0 for any. @throws InvalidArgumentError */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError(`'${text}' is no port number.`);
  return port;
}

function splitAtCommas(text: string): string[] {
  return text
    .replaceAll(",,", "\0")
    .split(",")
    .map((word) => word.replaceAll("\0", ","));
}
