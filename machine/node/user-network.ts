// A network without privileges: passt, Debian's user-mode network, gives the guest an address, a gateway that is the host, and the
// host's own connections. The addresses are those of QEMU's `-netdev user`.
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MachineError, type NetworkLink } from "../src/index";
import { connectStream, type StreamLink } from "./stream-link";

const GUEST = "10.0.2.15";
const HOST = "10.0.2.2";
const NAME_SERVER = "10.0.2.3";
const NETMASK_BITS = "24";
/** The user without rights. */
const NOBODY = 65_534;
/** Milliseconds passt may take to be there, and between two looks. */
const PATIENCE = 10_000;
const INTERVAL = 20;

/** A port of the host whose connections are the guest's. */
export interface PortForward {
  protocol: "tcp" | "udp";
  /** Address of the host at which it listens; all of them without it. */
  hostAddress?: string;
  hostPort: number;
  guestPort: number;
}

export interface UserNetwork {
  readonly link: NetworkLink;
  /** Ends the connection and passt. */
  close(): void;
}

/**
 * Starts passt and connects to it.
 * @param onError told when the connection breaks
 * @throws MachineError when passt is not installed, or does not start
 */
export async function openUserNetwork(
  forwards: readonly PortForward[] = [],
  onError: (message: string) => void = () => {},
): Promise<UserNetwork> {
  const folder = mkdtempSync(join(tmpdir(), "rel4-net-"));
  if (isRoot()) chownSync(folder, NOBODY, NOBODY);
  const path = join(folder, "passt.socket");
  const passt = new Passt(path, forwards);
  try {
    const link = await passt.connect(path);
    link.errorListener = onError;
    return {
      link,
      close() {
        link.close();
        passt.end();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    passt.end();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** passt does not want to be root, and becomes somebody else, who has to reach the socket's folder. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The process. */
class Passt {
  private readonly child: ChildProcess;
  private said = "";
  private failure: MachineError | undefined;
  private readonly kill = () => void this.child.kill();

  constructor(path: string, forwards: readonly PortForward[]) {
    const words = ["--foreground", "--one-off", "--quiet", "--socket", path];
    words.push(
      "--address",
      GUEST,
      "--netmask",
      NETMASK_BITS,
      "--gateway",
      HOST,
      "--dns-forward",
      NAME_SERVER,
    );
    if (isRoot()) words.push("--runas", `${NOBODY}:${NOBODY}`);
    for (const { protocol, hostAddress, hostPort, guestPort } of forwards) {
      const address = hostAddress === undefined ? "" : `${hostAddress}/`;
      words.push(`--${protocol}-ports`, `${address}${hostPort}:${guestPort}`);
    }
    this.child = spawn("passt", words, { stdio: ["ignore", "ignore", "pipe"] });
    process.on("exit", this.kill);
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    this.child.on("error", (error: NodeJS.ErrnoException) => {
      this.failure =
        error.code === "ENOENT"
          ? new MachineError(
              "a user network needs the program passt, which is not installed",
              "install it (on Debian: apt install passt), or join machines by stream or dgram",
            )
          : new MachineError(`cannot start passt: ${error.message}`, "can it be run by hand?");
    });
    this.child.on("exit", (code, signal) => {
      this.failure ??= new MachineError(
        `passt ended (${signal ?? `exit code ${code}`})${this.lastWords()}`,
        "can it be run by hand? passt --foreground says more",
      );
    });
  }

  /** Waits until its socket takes connections. */
  async connect(path: string): Promise<StreamLink> {
    const end = performance.now() + PATIENCE;
    while (true) {
      if (this.failure) throw this.failure;
      try {
        return await connectStream({ path });
      } catch (error) {
        if (performance.now() > end) throw error;
      }
      await sleep(INTERVAL);
    }
  }

  end(): void {
    process.off("exit", this.kill);
    this.kill();
  }

  /** What it said last; not that there is no system log. */
  private lastWords(): string {
    const lines = this.said.split("\n").filter((line) => line.trim() !== "" && !line.includes("syslog"));
    const last = lines.at(-1);
    return last === undefined ? "" : `: ${last}`;
  }
}
