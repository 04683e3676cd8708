import { defineSystem } from "rel4/system";

// A writer posts letters, a mailbox keeps them, a reader fetches them and confirms: one channel kind for each job.
export default defineSystem({
  machine: { harts: 2, memory: "64M" },
  programs: {
    writer: { source: "./writer.ts", hart: 0, arguments: ["Ada", "Grace", "Katherine"] },
    mailbox: { source: "./mailbox.ts", hart: 0, priority: 120, background: true },
    reader: { source: "./reader.ts", hart: 1 },
  },
  channels: [
    { from: "writer", to: "mailbox", kind: "endpoint" },
    { from: "reader", to: "mailbox", kind: "endpoint" },
    { from: "mailbox", to: "reader", kind: "notification" },
    { from: "reader", to: "writer", kind: "async" },
  ],
});
