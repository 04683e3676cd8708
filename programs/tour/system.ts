import { defineSystem } from "rel4/system";

// Three isolated processes. The client asks the server beside it on hart 0, then the one on hart 1.
export default defineSystem({
  machine: { harts: 2, memory: "64M" },
  programs: {
    client: { source: "./client.ts", hart: 0 },
    near: { source: "./server.ts", hart: 0, background: true },
    far: { source: "./server.ts", hart: 1, background: true, optional: true },
  },
  channels: [
    { from: "client", to: "near", kind: "endpoint" },
    { from: "client", to: "far", kind: "endpoint" },
    { from: "client", to: "far", kind: "notification" },
    { from: "far", to: "client", kind: "notification" },
    { from: "client", to: "far", kind: "async" },
  ],
});
