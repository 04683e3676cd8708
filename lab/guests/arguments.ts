/** Numbers among a program's arguments, written name=value. */
import { Process } from "rel4";

/** The number given for `name`. Ends the program when there is none: a wrong default would be a wrong measurement. */
export function numberArgument(name: string): u32 {
  const given = Process.arguments;
  for (let i = 0; i < given.length; i++) {
    if (given[i].startsWith(`${name}=`)) return <u32>U32.parseInt(given[i].substring(name.length + 1));
  }
  throw new Error(`no argument ${name}=…`);
}
