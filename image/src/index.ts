/** `@rel4/image`: system descriptions and programs to bootable images. */
export { type BuildOptions, type BuiltSystem, buildProgram, buildSystem } from "./build-system";
export type { CheckedProgram } from "./check-program";
export type { CheckedChannel, CheckedSystem } from "./check-system";
export type { FunctionSymbol, ProgramImage } from "./compile-program";
export { functionAt, HandlerWatchdog, type WatchedMachine } from "./handler-watchdog";
export {
  ConfigurationError,
  KERNEL_OPTIONS,
  type KernelConfiguration,
  kernelConfiguration,
} from "./kernel-configuration";
export { type BootableImage, buildKernel, ImageError, makeImage } from "./kernel-image";
export { isSystemDescription, lineOfForgottenImport } from "./load-system";
export type { RootImage } from "./root-image";
export { buildRootTask, RootTaskError } from "./root-task";
export * from "./system";
export { SystemError } from "./system-error";
export { describeUnended } from "./unended-programs";
