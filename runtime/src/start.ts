/** From the start stub to the program's `main` and out again. */
import { Process } from "./process";

/**
 * Runs a program's `main` and ends the program with what it returns; a `main` without result means 0.
 * Each program's generated entry file calls this with the program's own function.
 */
export function runProgram<T>(main: () => T): void {
  if (isVoid<T>()) {
    main();
    Process.exit(0);
  } else {
    Process.exit(<i32>main());
  }
}
