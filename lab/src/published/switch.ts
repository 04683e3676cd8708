/**
 * lat_ctx of lmbench on an x86 machine under Linux, and coroutines of one process in its layout, in microseconds for one
 * switch (rCore-N project report on coroutines in the kernel and in user mode).
 */

/** A point of lat_ctx: entities in the ring, and the size of each one's working set in KiB. */
export interface SwitchLayout {
  entities: number;
  workingSet: number;
}

/** Name of a layout, as lmbench writes it. */
export const layoutName = ({ entities, workingSet }: SwitchLayout) => `${entities}p/${workingSet}K`;

export const LAYOUTS: readonly SwitchLayout[] = [
  { entities: 2, workingSet: 0 },
  { entities: 2, workingSet: 16 },
  { entities: 2, workingSet: 64 },
  { entities: 8, workingSet: 16 },
  { entities: 8, workingSet: 64 },
  { entities: 16, workingSet: 16 },
  { entities: 16, workingSet: 64 },
];

/** Microseconds of a switch by layout. */
export const PUBLISHED_SWITCH: Readonly<Record<"process" | "coroutine", Readonly<Record<string, number>>>> = {
  process: {
    "2p/0K": 0.39,
    "2p/16K": 0.88,
    "2p/64K": 0.89,
    "8p/16K": 1.92,
    "8p/64K": 2.27,
    "16p/16K": 2.11,
    "16p/64K": 2.25,
  },
  coroutine: {
    "2p/0K": 0.033,
    "2p/16K": 0.039,
    "2p/64K": 0.039,
    "8p/16K": 0.06,
    "8p/64K": 0.06,
    "16p/16K": 0.068,
    "16p/64K": 0.068,
  },
};

/** How many coroutine switches the published process switch is worth, or null where nothing was published. */
export function publishedSwitchRatio(layout: SwitchLayout): number | null {
  const name = layoutName(layout);
  const process = PUBLISHED_SWITCH.process[name];
  const coroutine = PUBLISHED_SWITCH.coroutine[name];
  return process === undefined || coroutine === undefined ? null : process / coroutine;
}
