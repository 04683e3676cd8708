import { defineSystem } from "rel4/system";

// Every call stops the client until the server has answered it.
export default defineSystem({
  machine: { harts: 1, memory: "64M" },
  programs: {
    server: { source: "../server.ts", background: true },
    client: { source: "../client.ts" },
  },
  channels: [{ from: "client", to: "server", kind: "endpoint" }],
});
