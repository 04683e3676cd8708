/**
 * What a system description imports as "rel4/system": the types of a description, and `defineSystem`.
 *
 * A description says which programs run where, what they may talk to, and for how big a machine. It is ordinary
 * TypeScript; `rel4 run` evaluates it, checks it and builds the image it describes.
 */

/** An amount of memory: bytes, or a text such as "64K", "4M", "1G". */
export type MemorySize = number | string;

/** How two programs talk. */
export type ChannelKind =
  /** Synchronous calls: `from` calls, `to` receives and answers. */
  | "endpoint"
  /** One-way signals through the kernel: `from` signals, `to` waits. */
  | "notification"
  /** Asynchronous calls through shared rings, and wake-ups in both directions, by user interrupts where the hardware has them. */
  | "async";

/** The machine the system is made for; the command line may override it. */
export interface MachineDescription {
  /** Harts (RISC-V's processors), 1–8. */
  harts?: number;
  /** RAM. */
  memory?: MemorySize;
}

/** Build options of the kernel. The programs are compiled for the kernel they run on. */
export interface KernelDescription {
  /** False: a kernel for one hart, with the labels of a single-core seL4. Default true. */
  smp?: boolean;
  /** Most harts it runs on, 1–8. Default 8. */
  harts?: number;
  /** Priorities of threads, 1–256. Default 256. */
  priorities?: number;
  /** Scheduling domains, 1–256. Default 1. */
  domains?: number;
  /** The root task's CNode has 2^n slots. Default 13. */
  rootCNodeBits?: number;
  /** Timer ticks of a time slice. Default 5. */
  timeSliceTicks?: number;
  /** Length of a timer tick. Default 2000. */
  tickMicroseconds?: number;
  /** False: no debug system calls and no assertions in the kernel. Default true. */
  debug?: boolean;
  /** True: seL4's system calls for benchmarks (ENABLE_BENCHMARKS). Default false: they are unknown ones. */
  benchmarks?: boolean;
  /** False: a kernel without synchronous IPC, for systems without channels of kind "endpoint". Default true. */
  syncIpc?: boolean;
  /** False: every message takes the kernel's general path, for comparisons. Default true. */
  fastpath?: boolean;
  /** False: a kernel whose threads have no floating-point registers. Default true. */
  fpu?: boolean;
  /** False: a kernel that leaves user interrupts alone; every signal goes through it. Default true: used where there are any. */
  userInterrupts?: boolean;
}

/** One program; each runs in its own address space with its own capabilities. */
export interface ProgramDescription {
  /** AssemblyScript source file, relative to the description's own file. */
  source: string;
  /** Hart it runs on. Default 0. */
  hart?: number;
  /** Priority 1–254, larger is more important. Default 100. */
  priority?: number;
  /** Its data and heap. Default 1M. */
  memory?: MemorySize;
  /** What `Process.arguments` gives. */
  arguments?: readonly string[];
  /** Left out on a machine without its hart, instead of ending the start with an error. */
  optional?: boolean;
  /** The system does not wait for its end: it ends when all other programs have ended. For servers. */
  background?: boolean;
  /** Started again, from the beginning, when it aborts, faults, or is ended by another. Not when `main` returns. */
  restart?: boolean;
  /** Programs it may end with `Process.endPeer`. */
  ends?: readonly string[];
  /** Coroutines it can have at a time, beside its `main`. At most 4095. Default 63 for a program that uses any, else 0. */
  coroutines?: number;
  /** Stack of each coroutine, whole pages of 4K; behind each is a guard page. Default 8K. */
  coroutineStack?: MemorySize;
  /** Items in each ring of its buffer for asynchronous system calls, a power of two from 4 to 4096. Default: no buffer. */
  systemCalls?: number;
  /**
   * Run asynchronously what was written synchronously: `Server.call` by a coroutine goes over the async channel to the same server,
   * if there is one (the endpoint channel may then be left out), `Service` takes requests of async channels, too, and kernel invocations go over the buffer of `systemCalls`.
   * Default false.
   */
  asynchronous?: boolean;
  /** What it may make kernel objects of; also gives it capabilities to its own CNode, address space and thread. */
  resources?: ResourcesDescription;
}

/** What a program that manages resources gets. */
export interface ResourcesDescription {
  /** Untyped memory in one piece, rounded up to a power of two. Default none. */
  untyped?: MemorySize;
  /** Free slots in its CNode. Default: what is left of 256. */
  slots?: number;
}

/** A channel between two programs. */
export interface ChannelDescription<Name extends string = string> {
  from: Name;
  to: Name;
  kind: ChannelKind;
  /**
   * Kind "async": items in each of its two rings, a power of two from 64 to 65536; one fewer calls can be under way.
   * An item takes 64 bytes. Default 64.
   */
  requests?: number;
}

/** A whole system. */
export interface SystemDescription<Name extends string = string> {
  machine?: MachineDescription;
  kernel?: KernelDescription;
  programs: Readonly<Record<Name, ProgramDescription>>;
  channels?: readonly ChannelDescription<NoInfer<Name>>[];
}

/**
 * Describes a system; export the result as the file's default. The editor checks the names in `channels`.
 * @example
 * export default defineSystem({
 *   programs: { server: { source: "./server.ts" }, client: { source: "./client.ts" } },
 *   channels: [{ from: "client", to: "server", kind: "endpoint" }],
 * });
 */
export function defineSystem<Name extends string>(
  description: SystemDescription<Name>,
): SystemDescription<Name> {
  return description;
}
