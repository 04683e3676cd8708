/**
 * Instructions of the real seL4 (non-MCS, one core, release build, RISC-V 64), counted with its own benchmark on QEMU:
 * the unit in which this project states what an IPC costs, as cycles of different processors cannot be compared.
 */

/** Call and ReplyRecv on the fastpath: one round trip, S. */
export const SEL4_FASTPATH_ROUND_TRIP = 249 + 289;
/** The same on the general path. */
export const SEL4_SLOWPATH_ROUND_TRIP = 948 + 938;
