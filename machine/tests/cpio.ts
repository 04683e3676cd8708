// Writes archives that Linux unpacks as its initial root file system: cpio in the form "newc".
// (Linux, Documentation/driver-api/early-userspace/buffer-format.rst.) Archives may follow each other, each at a multiple of 4 bytes.

export interface ArchivedFile {
  /** Without a leading slash; its folder must be in the archive or exist before. */
  name: string;
  bytes: Uint8Array;
}

const PROGRAM = 0o100755;
const END = "TRAILER!!!";

/** An archive of executable files. */
export function cpioArchive(files: readonly ArchivedFile[]): Uint8Array {
  const parts = files.flatMap(({ name, bytes }, index) => entry(index + 1, PROGRAM, name, bytes));
  return joined([...parts, ...entry(0, 0, END, new Uint8Array())]);
}

/** Archives, compressed or not, one behind the other. */
export function joinArchives(...archives: readonly Uint8Array[]): Uint8Array {
  return joined(archives.map(padded));
}

function entry(inode: number, mode: number, name: string, bytes: Uint8Array): Uint8Array[] {
  const path = new TextEncoder().encode(`${name}\0`);
  // inode, mode, owner, group, links, time, size, two device numbers of two words each, length of the name, no checksum
  const numbers = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, path.length, 0];
  const header = `070701${numbers.map((value) => value.toString(16).padStart(8, "0")).join("")}`;
  return [padded(joined([new TextEncoder().encode(header), path])), padded(bytes)];
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
