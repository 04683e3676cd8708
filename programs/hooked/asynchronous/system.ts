import { defineSystem } from "rel4/system";

// The same sources: a call stops only the coroutine that makes it, and goes over a ring together with the others'.
export default defineSystem({
  machine: { harts: 1, memory: "64M" },
  programs: {
    server: { source: "../server.ts", background: true, asynchronous: true },
    client: { source: "../client.ts", asynchronous: true },
  },
  channels: [
    { from: "client", to: "server", kind: "endpoint" },
    { from: "client", to: "server", kind: "async" },
  ],
});
