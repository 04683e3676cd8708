/** Symbols of the instructions with which a hart gives the kernel lock away: all that it has done under it is done. */

/** On the way to user mode. */
export const EXIT_TO_USER = "kernelExitToUser";
/** Before it waits. */
export const EXIT_TO_WAIT = "kernelExitToWait";
