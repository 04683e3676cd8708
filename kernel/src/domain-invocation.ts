// Invocations of the domain capability. This kernel is built with one domain, so threads can only be put into domain 0.

import { CAP_THREAD } from "../../abi/src/capability-tags";
import { DOMAINS } from "../../abi/src/config";
import { DOMAIN_SET_SET } from "../../abi/src/labels";
import { Slot } from "./capability";
import { Errors, OK } from "./errors";
import { Arguments } from "./message";
import { Tcb } from "./tcb";
import { beginInvocation } from "./thread";

/** Decodes and performs an invocation of the domain capability. */
export function decodeDomain(label: u32): u32 {
  if (label != DOMAIN_SET_SET) return Errors.illegalOperation();
  if (Arguments.length == 0) return Errors.truncatedMessage();
  const domain = Arguments.word(0);
  if (domain >= <u64>DOMAINS) return Errors.invalidArgument(0);
  const slot = Arguments.extraCap(0);
  if (slot == 0) return Errors.truncatedMessage();
  if (Slot.at(slot).type != CAP_THREAD) return Errors.invalidArgument(1);
  beginInvocation();
  Tcb.at(Slot.at(slot).object).domain = <u32>domain;
  return OK;
}
