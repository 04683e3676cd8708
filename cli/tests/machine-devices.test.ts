// `rel4 machine` with drives and network cards: U-Boot (Debian package u-boot-qemu) uses them.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Conversation, inPipes } from "./conversation";
import { exitingGuest } from "./guests";
import { inThisProcess, Workbench } from "./rel4";

const bench = new Workbench();
afterAll(() => bench.remove());

const U_BOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin";
const isInstalled = existsSync(U_BOOT);
const skipped = isInstalled ? "" : " (skipped: u-boot-qemu is not installed)";
const hasPasst = (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "passt")));

const at = (name: string) => join(bench.folder, name);
const disk = new TextEncoder().encode("a disk of somebody".padEnd(4096, "."));
bench.write("disk.img", disk);
const kernel = ["--kernel", at(bench.write("exits.elf", exitingGuest("", 0)))];

async function talkToUBoot(args: string[], use: (uBoot: Conversation) => Promise<void>): Promise<void> {
  const uBoot = inPipes(bench.folder, "machine", "--kernel", U_BOOT, ...args);
  try {
    await uBoot.expect(/stop autoboot/);
    uBoot.type("\n");
    await uBoot.expect(/=> $/);
    await use(uBoot);
  } finally {
    uBoot.close();
  }
}

describe.skipIf(!isInstalled)(`U-Boot on a machine with devices${skipped}`, () => {
  it("reads a drive and writes to its overlay, which is still there the next time; the image is as it was", async () => {
    const drive = ["--drive", "disk.img,overlay=changes"];
    await talkToUBoot(drive, async (uBoot) => {
      uBoot.type("virtio read 84000000 0 1; md.b 84000000 10\n");
      await uBoot.expect(/a disk of somebo/);
      uBoot.type("mw.b 84000000 41 200; virtio write 84000000 1 1\n");
      await uBoot.expect(/1 blocks written: OK/);
      uBoot.type("poweroff\n");
      expect(await uBoot.ended()).toBe(0);
    });
    await talkToUBoot(drive, async (uBoot) => {
      uBoot.type("virtio read 84000000 0 2; md.b 840001f0 20\n");
      await uBoot.expect(/\.{16}\s+84000200: .*A{16}/);
    });
    expect(Buffer.compare(readFileSync(at("disk.img")), disk)).toBe(0);
  });

  it("sends frames behind their lengths to whoever connects, and records them", async () => {
    await talkToUBoot(
      ["--net", "stream,server=on,path=wire,mac=52:54:00:00:00:09", "--pcap", "net.pcap"],
      async (uBoot) => {
        const peer = connect(at("wire"));
        try {
          const received = new Promise<Buffer>((resolve) => peer.once("data", resolve));
          await new Promise((resolve) => peer.once("connect", resolve));
          uBoot.type("setenv autoload no; dhcp\n");
          const frame = await received;
          expect(frame.readUInt32BE(0)).toBeGreaterThan(200);
          expect(frame.subarray(4, 16).toString("hex")).toBe("ffffffffffff525400000009");
        } finally {
          peer.destroy();
        }
      },
    );
    const record = readFileSync(at("net.pcap"));
    expect(record.readUInt32LE(0)).toBe(0xa1b2_3c4d);
    expect(record.includes(Buffer.from("ffffffffffff525400000009", "hex"))).toBe(true);
  });

  it.skipIf(!hasPasst)(
    `gets an address from the user network${hasPasst ? "" : " (skipped: passt is not installed)"}`,
    async () => {
      await talkToUBoot(["--net", "user"], async (uBoot) => {
        uBoot.type("setenv autoload no; dhcp\n");
        await uBoot.expect(/bound to address 10\.0\.2\.15/);
      });
    },
  );
});

describe("bad devices for rel4 machine", () => {
  const run = (args: string[]) => inThisProcess("machine", ...kernel, ...args);
  bench.write("odd.img", "x".repeat(1000));
  bench.write("other.qcow2", Uint8Array.of(0x51, 0x46, 0x49, 0xfb, ...new Array(508).fill(0)));
  const drives = (count: number) =>
    Array.from({ length: count }, () => ["--drive", `${at("disk.img")},snapshot=on`]).flat();

  it.each<[string, string[], RegExp]>([
    ["an image that is missing", ["--drive", "gone.img"], /gone.img: there is no such file/],
    ["an image that is a folder", ["--drive", "."], /folder|no file/],
    ["an image of half a sector", ["--drive", at("odd.img")], /1000 bytes.*multiple of 512/],
    ["an image in another format", ["--drive", at("other.qcow2")], /is a qcow2 image/],
    ["an overlay that is none", ["--drive", `${at("disk.img")},overlay=${at("odd.img")}`], /is no overlay/],
    ["a suboption nobody knows", ["--drive", "a.img,cache=none"], /no 'cache'/],
    ["more than eight", drives(9), /8/],
    ["nobody to connect to", ["--net", `stream,path=${at("nobody")}`], /cannot connect to .*nobody/],
    ["an address that is none", ["--net", "dgram,local.port=0,remote.port=9,mac=1:2"], /no Ethernet address/],
    ["a record of nothing", ["--pcap", "net.pcap"], /one network card, and there are 0/],
  ])("are refused: %s", async (_, args, message) => {
    const { code, said } = await run(args);
    expect(said).toMatch(message);
    expect(said.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
    expect(code).toBe(2);
  });

  it("are refused when passt is not installed, with what to install", async () => {
    const path = process.env.PATH;
    process.env.PATH = "";
    try {
      expect(await run(["--net", "user"])).toMatchObject({
        code: 2,
        said: expect.stringMatching(/passt, which is not installed\nhint: .*apt install passt/),
      });
    } finally {
      process.env.PATH = path;
    }
  });

  it("leave nothing behind that listens", async () => {
    const wire = at("left");
    const { code } = await run([
      "--net",
      `stream,server=on,path=${wire}`,
      "--net",
      `stream,path=${at("nobody")}`,
    ]);
    expect(code).toBe(2);
    await expect(new Promise((_, reject) => connect(wire).once("error", reject))).rejects.toThrow(
      /ENOENT|ECONNREFUSED/,
    );
    rmSync(wire, { force: true });
  });
});
