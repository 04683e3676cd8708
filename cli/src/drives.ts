// `--drive`: a disk image behind a virtio block device.
import { closeSync, openSync, readSync } from "node:fs";
import { type BlockBackend, OverlayDisk, type VirtioFactory, virtioBlock } from "@rel4/machine";
import { openDisk, openOverlay } from "@rel4/machine/node";
import { InvalidArgumentError } from "commander";
import type { Attachment } from "./machine-attachments";
import { UsageError } from "./report-error";
import { Suboptions } from "./suboptions";

/** What a `--drive` says. */
export interface DriveRequest {
  file: string;
  readOnly: boolean;
  /** Changes are kept in memory and thrown away. */
  snapshot: boolean;
  /** Changes are kept in this file. */
  overlay?: string;
  /** What the guest can ask the disk for. */
  serial?: string;
  /** The bytes are the disk, whatever they look like. */
  isRaw: boolean;
}

const KNOWN = "file, readonly, snapshot, overlay, serial, format, if and id";

/** Parses `file=disk.img,readonly=on`. @throws InvalidArgumentError */
export function parseDrive(text: string, before: DriveRequest[] = []): DriveRequest[] {
  const options = new Suboptions("--drive", text, "file");
  const file = options.text("file");
  if (!file) throw new InvalidArgumentError("Name the image: --drive file=disk.img.");
  const format = options.text("format");
  if (format !== undefined && format !== "raw")
    throw new InvalidArgumentError(
      `Only raw images can be read, not ${format}; 'qemu-img convert -O raw' makes one.`,
    );
  options.choice("if", "virtio", "none");
  options.text("id");
  const request: DriveRequest = {
    file,
    readOnly: options.flag("readonly"),
    snapshot: options.flag("snapshot"),
    overlay: options.text("overlay"),
    serial: options.text("serial"),
    isRaw: format === "raw",
  };
  options.refuseRest(KNOWN);
  const ways = [request.readOnly && "readonly", request.snapshot && "snapshot", request.overlay && "overlay"];
  const chosen = ways.filter(Boolean);
  if (chosen.length > 1) throw new InvalidArgumentError(`${chosen.join(" and ")} exclude each other.`);
  return [...before, request];
}

/** Opens a drive. @throws MachineError, UsageError */
export function openDrive(request: DriveRequest): Attachment {
  const { file, readOnly, snapshot, overlay, serial } = request;
  if (!request.isRaw) refuseOtherFormats(file);
  const disk = openDisk(file, { readOnly: readOnly || snapshot || overlay !== undefined });
  const closers = [() => disk.close()];
  let backend: BlockBackend = disk;
  if (snapshot) backend = new OverlayDisk(disk);
  if (overlay !== undefined) {
    const changes = openOverlay(overlay, disk);
    closers.push(() => changes.close());
    backend = changes;
  }
  const device: VirtioFactory = virtioBlock(backend, { id: serial });
  const close = () => {
    for (const closeOne of closers) closeOne();
  };
  return { device, close };
}

/** Images whose bytes are not the disk's, by their first bytes. */
const OTHER_FORMATS: Record<string, string> = {
  "514649fb": "qcow2",
  "4b444d56": "VMDK",
  "636f6e65": "VHD",
  "76686478": "VHDX",
};

function refuseOtherFormats(file: string): void {
  const format = OTHER_FORMATS[firstBytes(file)];
  if (format === undefined) return;
  throw new UsageError(
    `--drive ${file}: is a ${format} image`,
    "make a raw one: qemu-img convert -O raw; or say format=raw if its bytes are the disk",
  );
}

/** The first four bytes in hexadecimal, "" when there are none: opening the disk says why. */
function firstBytes(file: string): string {
  try {
    const descriptor = openSync(file, "r");
    const bytes = Buffer.alloc(4);
    readSync(descriptor, bytes, 0, 4, 0);
    closeSync(descriptor);
    return bytes.toString("hex");
  } catch {
    return "";
  }
}
