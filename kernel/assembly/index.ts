/** The kernel's assembly, for `compile({ assembly: kernelAssembly(…) })`. */
import type { Fragment } from "@rel4/compiler";
import { bootFragments } from "./boot";
import type { KernelConfiguration } from "./configuration";
import { floatingPointFragments } from "./floating-point";
import { giveUpFragment, lockData } from "./lock";
import { trapFragment } from "./trap";

export type { KernelConfiguration } from "./configuration";

export function kernelAssembly(configuration: KernelConfiguration): Fragment[] {
  // The image starts with `_start`: some loaders jump to the first byte.
  const floatingPoint = configuration.fpu ? floatingPointFragments() : [];
  return [
    ...bootFragments(),
    trapFragment(configuration),
    giveUpFragment(configuration),
    lockData(),
    ...floatingPoint,
  ];
}
