/** The kernel's assembly, for `compile({ assembly: kernelAssembly(…) })`. */
import type { Fragment } from "@rel4/compiler";
import { bootFragments } from "./boot";
import type { KernelConfiguration } from "./configuration";
import { lockData } from "./lock";
import { trapFragment } from "./trap";

export type { KernelConfiguration } from "./configuration";

export function kernelAssembly(configuration: KernelConfiguration): Fragment[] {
  // The image starts with `_start`: some loaders jump to the first byte.
  return [...bootFragments(), trapFragment(configuration), lockData()];
}
