/** Exports that answer AssemblyScript's own imports (`env.*`); the second entry file of every program. */
export { abortProgram } from "./abort";
export {
  consoleAssert,
  consoleDebug,
  consoleError,
  consoleInfo,
  consoleLog,
  consoleWarn,
} from "./console";
