import { defineSystem } from "rel4/system";

// Clients and servers on shared harts, where they are woken by the kernel, and servers alone on theirs, where user interrupts do it.
const seed = "seed=1";
const coroutines = "coroutines=90";
const client = {
  source: "./client.ts",
  arguments: [seed, coroutines],
  coroutines: 100,
  coroutineStack: "4K",
  memory: "256K",
};
const server = {
  source: "./server.ts",
  coroutines: 100,
  coroutineStack: "4K",
  memory: "256K",
  restart: true,
  background: true,
};

export default defineSystem({
  machine: { harts: 4, memory: "128M" },
  programs: {
    near: { ...server, hart: 0, arguments: ["far"] },
    far: { ...server, hart: 2, arguments: ["near"] },
    steady: { ...client, hart: 0 },
    other: { ...client, hart: 1 },
    victim: { ...client, hart: 1, restart: true, background: true },
    pages: {
      source: "./pages.ts",
      hart: 3,
      arguments: [seed],
      systemCalls: 8,
      resources: { untyped: "256K", slots: 256 },
      memory: "256K",
      restart: true,
      background: true,
    },
    chaos: {
      source: "./chaos.ts",
      hart: 1,
      priority: 120,
      arguments: [seed, coroutines, "milliseconds=500"],
      ends: ["near", "far", "victim", "pages"],
    },
  },
  channels: [
    { from: "steady", to: "near", kind: "async" },
    { from: "steady", to: "far", kind: "async" },
    { from: "other", to: "near", kind: "async" },
    { from: "other", to: "far", kind: "async" },
    { from: "victim", to: "near", kind: "async" },
    { from: "victim", to: "far", kind: "async" },
    { from: "near", to: "far", kind: "async" },
    { from: "far", to: "near", kind: "async" },
    { from: "chaos", to: "steady", kind: "async" },
    { from: "chaos", to: "other", kind: "async" },
    { from: "chaos", to: "victim", kind: "async" },
    { from: "chaos", to: "pages", kind: "async" },
    { from: "chaos", to: "near", kind: "async" },
    { from: "chaos", to: "far", kind: "async" },
  ],
});
