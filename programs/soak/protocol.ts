/** What the programs of the soak agree on. */
import { Process } from "rel4";

// Labels of requests to the servers
/** Word 0 + word 1, at once. */
export const ADD: u32 = 1;
/** The same, after as many ticks of `time` as word 2 says. */
export const ADD_LATER: u32 = 2;
/** The same, asked of the other server. */
export const ADD_ELSEWHERE: u32 = 3;
/** How many coroutines the server has. */
export const COUNT_COROUTINES: u32 = 4;

// Words in the page that chaos shares with each client
/** Chaos: what clients are to do. */
export const ORDER_AT: u32 = 0;
export const RUN: u32 = 0;
export const PAUSE: u32 = 1;
export const STOP: u32 = 2;
/** Client: how many of its coroutines do not call at the moment. */
export const RESTING_AT: u32 = 64;

/** Ticks of `time` between two looks at the order of one who rests. */
export const REST: u64 = 500;
/** Coroutines of the program that maps pages. */
export const PAGES: u32 = 16;

/** The number in argument `name=number`. */
export function numberArgument(name: string): u32 {
  const all = Process.arguments;
  for (let i = 0; i < all.length; i++) {
    if (all[i].startsWith(`${name}=`)) return U32.parseInt(all[i].substring(name.length + 1));
  }
  throw new Error(`argument ${name}=… is missing`);
}
