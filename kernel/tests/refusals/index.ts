/** All tables of refusals, and all labels. */
import * as labels from "../../../abi/src/labels";
import { DEVICE_REFUSALS } from "./devices";
import { MEMORY_REFUSALS } from "./memory";
import { REL4_REFUSALS } from "./rel4";
import { domainRefusals, THREAD_REFUSALS } from "./threads";

/** Domains of the kernel in which the domain capability is tested, and entries of its schedule. */
export const DOMAINS = 4;
const SCHEDULES = 100;

export const ALL_REFUSALS = [...MEMORY_REFUSALS, ...THREAD_REFUSALS, ...DEVICE_REFUSALS, ...REL4_REFUSALS];
export const DOMAIN_REFUSALS = domainRefusals(DOMAINS, SCHEDULES);

/** Labels of invocations by their names; those that only asynchronous requests have are none. */
export const INVOCATION_LABELS: ReadonlyMap<string, number> = new Map(
  Object.entries(labels).filter(([name]) => !/^(INVALID_|ASYNC_)/.test(name)),
);
