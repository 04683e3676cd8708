/**
 * Control and status registers a user program can reach.
 *
 * Numbers: RISC-V privileged specification (counters) and the N extension draft (user traps).
 */

export const CSR_USTATUS: u32 = 0x000;
export const CSR_UIE: u32 = 0x004;
export const CSR_UTVEC: u32 = 0x005;
export const CSR_USCRATCH: u32 = 0x040;
export const CSR_UIP: u32 = 0x044;
/** Traps this hart took into the kernel (our firmware programs the event; other machines read 0). */
export const CSR_HPMCOUNTER3: u32 = 0xc03;
/** User interrupts this hart took without entering the kernel. */
export const CSR_HPMCOUNTER4: u32 = 0xc04;

/** ustatus.UIE: user interrupts enabled. */
export const USTATUS_UIE: u64 = 1;
/** uie.USIE: user software interrupts enabled. */
export const UIE_USIE: u64 = 1;
/** uip.USIP: a user software interrupt is pending. */
export const UIP_USIP: u64 = 1;
