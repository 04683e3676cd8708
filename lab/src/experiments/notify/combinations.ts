/** Which ways there are for which receiver, and why not others: said under each group's table. */

/** By group. */
export const COMBINATIONS: Readonly<Record<string, readonly string[]>> = {
  "user → user": [
    "Receivers: a kernel notification reaches a program in user mode only when it asks (polling) or waits, so there is no row for running; a U-notification is for running programs, and one that is ready takes it when it has its hart again. The runtime does not interrupt a blocked receiver but signals it through the kernel (U-notification, wait, blocked); what a bare uipi send to it costs is the row below.",
  ],
  "kernel → user": [
    "Receivers: the timer's program in user mode with a handler (running), asking (polling), kept from its hart (ready), waiting (blocked). A response to an asynchronous system call is told to a client that runs on another hart, or waits; a client that polls its ring is told nothing, one that is ready takes the interrupt as in user → user, and on two harts the response meets the client that woke the kernel still on its way to sleep.",
  ],
  "user → kernel": [
    "The receiver is the kernel, which is neither ready nor blocked but runs on some hart: the one that is idle, one that runs a less important program (busy), or the caller's own when it waits. If no hart does something less important nobody is interrupted, and the request is served when a hart next changes threads or has a tick.",
  ],
  "kernel → kernel": [
    "The receiver is another hart's kernel: that hart is idle, or runs a program that is no more important (busy). If it runs a more important one the thread only becomes ready.",
  ],
};
