/** Control and status registers that the assembly uses: the time, and those of the N extension. */

export const CSR_TIME = 0xc01;
export const CSR_USCRATCH = 0x040;
export const CSR_UIP = 0x044;
/** uip.USIP: a user software interrupt is pending. */
export const UIP_USIP = 1;
