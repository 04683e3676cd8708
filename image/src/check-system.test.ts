import { describe, expect, it } from "vitest";
import { checkSystem } from "./check-system";
import { DEFAULT_CONFIGURATION } from "./kernel-configuration";
import { SystemError } from "./system-error";

const program = { source: "./a.ts" };
const two = { client: program, server: program };

/** The error a description gets. */
function errorOf(description: unknown): SystemError {
  try {
    checkSystem(description);
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
  throw new Error("the description was accepted");
}

describe("a system description", () => {
  it("gets defaults for everything it leaves out", () => {
    expect(checkSystem({ programs: { hello: { source: "./hello.ts" } } })).toEqual({
      machine: {},
      kernel: DEFAULT_CONFIGURATION,
      programs: [
        {
          name: "hello",
          source: "./hello.ts",
          hart: 0,
          priority: 100,
          memory: 2 ** 20,
          arguments: [],
          optional: false,
          background: false,
          restart: false,
          ends: [],
          coroutineStack: 8192,
          systemCallBits: 0,
          asynchronous: false,
        },
      ],
      channels: [],
    });
  });

  it("names programs in channels, which become numbers", () => {
    const channels = [{ from: "server", to: "client", kind: "notification" }];
    expect(checkSystem({ programs: two, channels }).channels).toEqual([
      { from: 1, to: 0, kind: "notification", requests: 0 },
    ]);
  });

  it("gives rings the size asked for, or a page of items", () => {
    const sizes = (requests?: number) =>
      checkSystem({ programs: two, channels: [{ from: "server", to: "client", kind: "async", requests }] })
        .channels[0]!.requests;
    expect([sizes(), sizes(64), sizes(65_536)]).toEqual([64, 64, 65_536]);
  });

  it("gives n for rings of 2^n system calls, and untyped memory of 2^n bytes", () => {
    const resources = { untyped: "3M", slots: 500 };
    const { programs } = checkSystem({ programs: { a: { ...program, systemCalls: 512, resources } } });
    expect(programs[0]).toMatchObject({ systemCallBits: 9, resources: { untypedBits: 22, slots: 500 } });
  });

  it("names the programs a program may end, which become numbers", () => {
    const programs = {
      a: { ...program, ends: ["c", "b", "c"] },
      b: program,
      c: { ...program, restart: true },
    };
    const checked = checkSystem({ programs }).programs;
    expect(checked.map(({ ends, restart }) => [ends, restart])).toEqual([
      [[2, 1], false],
      [[], false],
      [[], true],
    ]);
  });

  it("may ask for a kernel without synchronous IPC, fast paths, floating point, user interrupts or debugging", () => {
    const channels = [{ from: "client", to: "server", kind: "async" }];
    const kernelOf = (kernel: object) => checkSystem({ kernel, programs: two, channels }).kernel;
    for (const name of ["syncIpc", "fastpath", "fpu", "userInterrupts", "debug"])
      expect(kernelOf({ [name]: false })).toEqual({ ...DEFAULT_CONFIGURATION, [name]: false });
  });

  it("may ask for a kernel of other sizes, and gets one hart without SMP", () => {
    const kernelOf = (kernel: object) => checkSystem({ kernel, programs: two }).kernel;
    expect(kernelOf({ smp: false, domains: 4, rootCNodeBits: 14 })).toEqual({
      ...DEFAULT_CONFIGURATION,
      smp: false,
      harts: 1,
      domains: 4,
      rootCNodeBits: 14,
    });
    expect(kernelOf({ smp: false, harts: 4 })).toEqual({ ...DEFAULT_CONFIGURATION, smp: false, harts: 1 });
  });

  it("rounds memory up to the 64 KiB in which a heap grows", () => {
    const { programs } = checkSystem({ programs: { a: { ...program, memory: 65537 } } });
    expect(programs[0]!.memory).toBe(131072);
  });

  it("may place an optional program on a hart the machine lacks", () => {
    const programs = { a: program, b: { ...program, hart: 1, optional: true } };
    expect(() => checkSystem({ machine: { harts: 1 }, programs })).not.toThrow();
  });
});

const channel = { from: "client", to: "server", kind: "endpoint" };
const mistakes: [what: string, description: unknown, message: RegExp, hint: RegExp][] = [
  ["no object", 3, /3 is no system description/, /defineSystem/],
  ["no programs", {}, /programs: describes no program/, /add programs/],
  [
    "a kernel that is no object",
    { kernel: true, programs: two },
    /kernel: true describes no kernel/,
    /syncIpc/,
  ],
  [
    "an unknown build option",
    { kernel: { cores: 1 }, programs: two },
    /unknown field "cores"/,
    /syncIpc, fastpath, fpu/,
  ],
  [
    "a build option of the wrong kind",
    { kernel: { smp: 1 }, programs: two },
    /kernel\.smp: 1/,
    /true or false/,
  ],
  [
    "several domains on several harts",
    { kernel: { domains: 2 }, programs: two },
    /kernel\.domains: a kernel with several domains runs on one hart/,
    /smp: false/,
  ],
  [
    "a kernel of too many domains",
    { kernel: { domains: 1000 }, programs: two },
    /kernel\.domains: 1000/,
    /256/,
  ],
  [
    "an endpoint channel on a kernel that has none",
    {
      kernel: { syncIpc: false },
      programs: two,
      channels: [{ from: "client", to: "server", kind: "endpoint" }],
    },
    /channels\[0\]\.kind: a kernel without synchronous IPC has no endpoints/,
    /"async" or "notification"/,
  ],
  [
    "an unknown field",
    { programs: two, chanels: [] },
    /unknown field "chanels"/,
    /machine, kernel, programs, channels/,
  ],
  [
    "an unknown field of a program",
    { programs: { a: { source: "x", hrat: 1 } } },
    /programs\.a: unknown field "hrat"/,
    /hart/,
  ],
  [
    "too many coroutines",
    { programs: { a: { ...program, coroutines: 5000 } } },
    /programs\.a\.coroutines: 5000/,
    /0 to 4095/,
  ],
  [
    "a coroutine stack that is no whole number of pages",
    { programs: { a: { ...program, coroutineStack: "10000" } } },
    /programs\.a\.coroutineStack: "10000" is not a whole number of pages/,
    /multiple of 4096/,
  ],
  [
    "a coroutine stack that is too small",
    { programs: { a: { ...program, coroutineStack: "1K" } } },
    /programs\.a\.coroutineStack: "1K" is out of range/,
    /4 KiB/,
  ],
  [
    "coroutine stacks beyond the address space",
    { programs: { a: { ...program, coroutines: 4095, coroutineStack: "1M" } } },
    /programs\.a: 4095 coroutines with stacks of 1 MiB need 4 GiB/,
    /room for 512 MiB/,
  ],
  [
    "a ring of system calls that is no power of two",
    { programs: { a: { ...program, systemCalls: 48 } } },
    /programs\.a\.systemCalls: 48 is no number of items/,
    /power of two from 4 to 4096/,
  ],
  [
    "resources that are none",
    { programs: { a: { ...program, resources: "1M" } } },
    /programs\.a\.resources: "1M" describes no resources/,
    /untyped:/,
  ],
  [
    "an unknown resource",
    { programs: { a: { ...program, resources: { frames: 3 } } } },
    /programs\.a\.resources: unknown field "frames"/,
    /untyped, slots/,
  ],
  [
    "too little untyped memory",
    { programs: { a: { ...program, resources: { untyped: 16 } } } },
    /programs\.a\.resources\.untyped: 16 is out of range/,
    /4 KiB/,
  ],
  [
    "too many slots",
    { programs: { a: { ...program, resources: { slots: 1e6 } } } },
    /programs\.a\.resources\.slots: 1000000/,
    /0 to 65536/,
  ],
  [
    "ending a program that does not exist",
    { programs: { a: { ...program, ends: ["b"] }, c: program } },
    /programs\.a\.ends: there is no program "b"/,
    /"a", "c"/,
  ],
  [
    "ending itself",
    { programs: { a: { ...program, ends: ["a"] } } },
    /programs\.a\.ends: a program that ends itself/,
    /Process\.exit/,
  ],
  [
    "a single name where a list belongs",
    { programs: { a: { ...program, ends: "c" }, c: program } },
    /programs\.a\.ends: "c" is no list/,
    /\["client"\]/,
  ],
  [
    "a restart that is no flag",
    { programs: { a: { ...program, restart: 3 } } },
    /restart: 3/,
    /true or false/,
  ],
  ["a program without source", { programs: { a: {} } }, /programs\.a\.source: has no source/, /source:/],
  ["a strange name", { programs: { "a b": program } }, /"a b" is no program name/, /letters, digits/],
  ["a fractional hart", { programs: { a: { ...program, hart: 0.5 } } }, /programs\.a\.hart: 0\.5/, /0 to 7/],
  [
    "a hart too many",
    { machine: { harts: 2 }, programs: { a: { ...program, hart: 2 } } },
    /hart 2 does not exist/,
    /0 to 1/,
  ],
  [
    "root's priority",
    { programs: { a: { ...program, priority: 255 } } },
    /programs\.a\.priority: 255/,
    /1 to 254/,
  ],
  [
    "a bad amount of memory",
    { programs: { a: { ...program, memory: "lots" } } },
    /"lots" is no amount/,
    /"4M"/,
  ],
  [
    "too little memory",
    { programs: { a: { ...program, memory: 10 } } },
    /programs\.a\.memory: 10 is out/,
    /64 KiB/,
  ],
  ["a tiny machine", { machine: { memory: "64K" }, programs: two }, /machine\.memory: "64K" is out/, /4 MiB/],
  ["harts beyond the kernel's", { machine: { harts: 9 }, programs: two }, /machine\.harts: 9/, /1 to 8/],
  [
    "arguments that are no texts",
    { programs: { a: { ...program, arguments: [1] } } },
    /\[1\] is no list/,
    /texts/,
  ],
  [
    "a flag that is none",
    { programs: { a: { ...program, optional: "yes" } } },
    /"yes" is not possible/,
    /true or false/,
  ],
  [
    "only background programs",
    { programs: { a: { ...program, background: true } } },
    /every program is/,
    /leave out/,
  ],
  [
    "a channel to nobody",
    { programs: two, channels: [{ ...channel, to: "sever" }] },
    /channels\[0\]\.to: there is no program "sever"/,
    /"client", "server"/,
  ],
  [
    "an unknown kind",
    { programs: two, channels: [{ ...channel, kind: "pipe" }] },
    /"pipe" is no kind/,
    /"endpoint"/,
  ],
  [
    "a channel to itself",
    { programs: two, channels: [{ ...channel, to: "client" }] },
    /to itself/,
    /different/,
  ],
  [
    "a channel twice",
    { programs: two, channels: [channel, channel] },
    /channels\[1\]: a second endpoint/,
    /keep one/,
  ],
  [
    "a ring that is no power of two",
    { programs: two, channels: [{ ...channel, kind: "async", requests: 100 }] },
    /channels\[0\]\.requests: 100 is no number of items/,
    /power of two from 64 to 65536/,
  ],
  [
    "a ring that is too small",
    { programs: two, channels: [{ ...channel, kind: "async", requests: 32 }] },
    /requests: 32/,
    /from 64/,
  ],
  [
    "a ring where there is none",
    { programs: two, channels: [{ ...channel, requests: 64 }] },
    /channels\[0\]\.requests: a channel of kind "endpoint" has no ring/,
    /"async"/,
  ],
  [
    "rings beyond the address space",
    {
      programs: Object.fromEntries([..."abcdefg"].map((name) => [name, program])),
      channels: [..."abcdefg"].flatMap((from, index) =>
        [..."abcdefg"].slice(index + 1).map((to) => ({ from, to, kind: "async", requests: 65_536 })),
      ),
    },
    /channels: the rings of all channels need 336 MiB/,
    /lower the requests/,
  ],
  [
    "an async channel twice",
    {
      programs: two,
      channels: [
        { from: "client", to: "server", kind: "async" },
        { from: "client", to: "server", kind: "async" },
      ],
    },
    /a second async channel/,
    /keep one/,
  ],
];

describe("a mistake in a description says what, where and what to do", () => {
  it.each(mistakes)("%s", (_, description, message, hint) => {
    const error = errorOf(description);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});
