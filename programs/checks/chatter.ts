/** Prints lines of one letter, more than a message long, as fast as it can. */
import { Process } from "rel4";

const LENGTH = 1500;

export function main(): void {
  const text = Process.arguments[0].repeat(LENGTH);
  for (let i = 0; i < 10; i++) console.log(text);
}
