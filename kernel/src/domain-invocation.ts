// Invocations of the domain capability (seL4 API reference, DomainSet): which domain a thread is in, and the schedule.

import { CAP_THREAD } from "../../abi/src/capability-tags";
import { DOMAIN_SCHEDULES, DOMAINS } from "../../abi/src/config";
import { DOMAIN_SCHEDULE_CONFIGURE, DOMAIN_SCHEDULE_SET_START, DOMAIN_SET_SET } from "../../abi/src/labels";
import { Slot } from "./capability";
import { Domains, MAX_DURATION } from "./domains";
import { Errors, OK } from "./errors";
import { Arguments } from "./message";
import { Scheduler } from "./scheduler";
import { Tcb } from "./tcb";
import { beginInvocation } from "./thread";

/** Decodes and performs an invocation of the domain capability. */
export function decodeDomain(label: u32): u32 {
  if (label == DOMAIN_SET_SET) return set();
  if (label == DOMAIN_SCHEDULE_CONFIGURE) return configureSchedule();
  if (label == DOMAIN_SCHEDULE_SET_START) return setScheduleStart();
  return Errors.illegalOperation();
}

/** DomainSet_Set(domain), extra capability 0 = the thread. */
function set(): u32 {
  if (Arguments.length == 0) return Errors.truncatedMessage();
  const domain = Arguments.word(0);
  if (domain >= <u64>DOMAINS) return Errors.invalidArgument(0);
  const slot = Arguments.extraCap(0);
  if (slot == 0) return Errors.truncatedMessage();
  if (Slot.at(slot).type != CAP_THREAD) return Errors.invalidArgument(1);
  beginInvocation();
  Scheduler.setDomain(Tcb.at(Slot.at(slot).object), <u32>domain);
  return OK;
}

/** DomainSet_ScheduleConfigure(entry, domain, duration in ticks); domain and duration 0: the schedule ends there. */
function configureSchedule(): u32 {
  if (Arguments.length < 3) return Errors.truncatedMessage();
  const index = Arguments.word(0);
  const domain = Arguments.word(1);
  const duration = Arguments.word(2);
  // the last entry stays the end
  if (index >= <u64>(DOMAIN_SCHEDULES - 1)) return Errors.rangeError(0, DOMAIN_SCHEDULES - 2);
  if (domain >= <u64>DOMAINS) return Errors.rangeError(0, DOMAINS - 1);
  if (duration > MAX_DURATION) return Errors.invalidArgument(2);
  if (duration == 0 && domain != 0) return Errors.invalidArgument(1);
  if (duration == 0 && Domains.isStart(<u32>index)) return Errors.invalidArgument(2);
  beginInvocation();
  Domains.configure(<u32>index, <u32>domain, duration);
  return OK;
}

/** DomainSet_ScheduleSetStart(entry): the schedule begins there, at once. */
function setScheduleStart(): u32 {
  if (Arguments.length < 1) return Errors.truncatedMessage();
  const index = Arguments.word(0);
  if (index >= <u64>DOMAIN_SCHEDULES) return Errors.rangeError(0, DOMAIN_SCHEDULES - 1);
  if (Domains.isEnd(<u32>index)) return Errors.invalidArgument(0);
  beginInvocation();
  Scheduler.restartDomains(<u32>index);
  return OK;
}
