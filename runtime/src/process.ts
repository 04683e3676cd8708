/** This program as a process: its name, arguments, place, and end. */
import {
  START_INFO_ARGUMENT_COUNT_AT,
  START_INFO_ARGUMENTS_AT,
  START_INFO_GENERATION_AT,
  START_INFO_HART_AT,
  START_INFO_NAME_AT,
  START_INFO_PRIORITY_AT,
  START_INFO_PROGRAMS_ON_HART_AT,
} from "../../abi/src/start-info";
import { SUPERVISOR_EXIT } from "../../abi/src/supervisor";
import { startInfoString, startInfoWord } from "./start-info";
import { endProgram, finish } from "./supervisor";

export class Process {
  /** Name in the system description. */
  static get name(): string {
    return startInfoString(START_INFO_NAME_AT);
  }

  /** Arguments of the system description. */
  static get arguments(): string[] {
    const count = startInfoWord(START_INFO_ARGUMENT_COUNT_AT);
    const pairs = startInfoWord(START_INFO_ARGUMENTS_AT);
    const result: string[] = [];
    for (let i: u32 = 0; i < count; i++) result.push(startInfoString(pairs + i * 8));
    return result;
  }

  /** Hart this program was placed on. */
  static get hart(): u32 {
    return startInfoWord(START_INFO_HART_AT);
  }

  /** Whether other programs are placed on the same hart, so that waiting in user mode would be at their cost. */
  static get sharesHart(): bool {
    return startInfoWord(START_INFO_PROGRAMS_ON_HART_AT) > 1;
  }

  static get priority(): u32 {
    return startInfoWord(START_INFO_PRIORITY_AT);
  }

  /** How often this program has been started: 1 the first time. */
  static get generation(): u32 {
    return startInfoWord(START_INFO_GENERATION_AT);
  }

  /**
   * Ends the program `peer`, wherever it is; it is started again if its description says so.
   * @returns false when this program may not (`ends` in the description), or the peer does not run
   */
  static endPeer(peer: string): bool {
    return endProgram(peer);
  }

  /** Ends the program; the low 8 bits of `code` are its exit code. Does not return. */
  static exit(code: i32): void {
    finish(SUPERVISOR_EXIT, code);
  }
}
