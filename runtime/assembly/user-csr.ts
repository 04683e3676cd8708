/** Control and status registers of the N extension that the assembly uses. */

export const CSR_USCRATCH = 0x040;
export const CSR_UIP = 0x044;
/** uip.USIP: a user software interrupt is pending. */
export const UIP_USIP = 1;
