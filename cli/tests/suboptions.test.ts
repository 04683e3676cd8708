import { describe, expect, it } from "vitest";
import { parseDrive } from "../src/drives";
import { parseLogRequest } from "../src/event-log";
import { parseNet } from "../src/networks";
import { describeSize, memorySizeWithin } from "../src/options";
import { fromQemuSpelling } from "../src/qemu-spelling";

describe("--drive", () => {
  it("takes QEMU's suboptions, a bare file name, and commas written twice", () => {
    expect(parseDrive("file=a,,b.img,readonly=on,if=virtio,format=raw,id=hd0,serial=7")).toEqual([
      { file: "a,b.img", readOnly: true, snapshot: false, overlay: undefined, serial: "7", isRaw: true },
    ]);
    expect(parseDrive("disk.img,snapshot=on", parseDrive("first.img"))).toMatchObject([
      { file: "first.img", snapshot: false },
      { file: "disk.img", snapshot: true },
    ]);
  });

  it.each([
    ["readonly=on", /Name the image/],
    ["a.img,readnoly=on", /no 'readnoly'.*readonly/],
    ["a.img,readonly=maybe", /on or off/],
    ["a.img,readonly=on,snapshot=on", /readonly and snapshot exclude each other/],
    ["a.img,format=qcow2", /qemu-img convert/],
    ["a.img,if=ide", /virtio/],
    ["a.img,file=b.img", /given twice/],
    ["a.img,", /empty suboption/],
  ])("refuses %s", (text, message) => {
    expect(() => parseDrive(text)).toThrow(message);
  });
});

describe("--net", () => {
  it("takes the names of QEMU's -netdev, and short ones", () => {
    const long = "stream,id=n0,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=7000";
    expect(parseNet(long)).toEqual(parseNet("stream,server=on,host=127.0.0.1,port=7000"));
    expect(parseNet("stream,addr.type=unix,addr.path=/tmp/wire")).toMatchObject([
      { kind: "stream", server: false, address: { path: "/tmp/wire" } },
    ]);
    expect(
      parseNet("dgram,local.port=7001,remote.host=127.0.0.1,remote.port=7002,mac=52:54:00:00:00:01"),
    ).toMatchObject([
      {
        kind: "dgram",
        local: { port: 7001 },
        remote: { host: "127.0.0.1", port: 7002 },
        mac: "52:54:00:00:00:01",
      },
    ]);
    expect(parseNet("user,hostfwd=tcp:127.0.0.1:8080-:80;udp::53-:5353,pcap=a.pcap")).toMatchObject([
      {
        kind: "user",
        pcap: "a.pcap",
        forwards: [
          { protocol: "tcp", hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 80 },
          { protocol: "udp", hostAddress: undefined, hostPort: 53, guestPort: 5353 },
        ],
      },
    ]);
  });

  it.each([
    ["", /no network ''/],
    ["wifi", /no network 'wifi'.*user, stream and dgram/],
    ["hub", /typed API/],
    ["user,hostfwd=8080:80", /tcp:127.0.0.1:8080-:80/],
    ["stream", /path=SOCKET or port=NUMBER/],
    ["stream,path=a,port=1", /either/],
    ["stream,port=70000", /no port number/],
    ["stream,host=x", /no port/],
    ["dgram,local.port=1", /remote.port/],
    ["dgram,local.port=1,remote.port=2,colour=red", /no 'colour'/],
  ])("refuses %s", (text, message) => {
    expect(() => parseNet(text)).toThrow(message);
  });
});

describe("amounts of memory", () => {
  const parse = memorySizeWithin(2 ** 16, 0xf000_0000);

  it("are in MiB without a unit, as QEMU's -m", () => {
    expect(["256", "64M", "64MiB", "1.5G", "128K"].map(parse)).toEqual(
      [256, 64, 64, 1536, 0.125].map((mib) => mib * 2 ** 20),
    );
    expect([0xf000_0000, 3 * 2 ** 30, 4096].map(describeSize)).toEqual(["3840M", "3G", "4K"]);
  });

  it.each(["", "lots", "-1M", "4G", "32K", "65.3K", "1T"])("refuse '%s'", (text) => {
    expect(() => parse(text)).toThrow(/from 64K to 3840M/);
  });
});

describe("--log", () => {
  it("takes items and a file", () => {
    expect(parseLogRequest("traps,devices")).toEqual({
      items: new Set(["traps", "devices"]),
      file: undefined,
    });
    expect(parseLogRequest("all:a:b").file).toBe("a:b");
    expect(parseLogRequest("all").items.size).toBe(5);
    expect(() => parseLogRequest("traps:")).toThrow(/empty/);
    expect(() => parseLogRequest("")).toThrow(/no ''/);
  });
});

describe("QEMU's spelling", () => {
  it("becomes ours, but never within a value", () => {
    expect(
      fromQemuSpelling(["-m", "1G", "-smp", "2", "-nographic", "-append", "-kernel", "-no-reboot"]),
    ).toEqual(["--memory", "1G", "--harts", "2", "--append", "-kernel", "--no-reboot"]);
  });
});
