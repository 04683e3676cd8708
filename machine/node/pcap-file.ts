// A record of a link in a file.
import { closeSync, openSync, writeSync } from "node:fs";
import { MachineError, type NetworkLink, recordFrames } from "../src/index";

/** A link whose frames go into a file, which somebody has to close. */
export interface Record {
  readonly link: NetworkLink;
  close(): void;
}

/**
 * Records what passes `link` in a pcap file, which is complete at any time.
 * @param epoch as MachineOptions.epoch
 * @param onError told once when the file can be written no further; the link goes on
 * @throws MachineError when the file cannot be created
 */
export function openRecord(
  path: string,
  link: NetworkLink,
  { epoch, onError }: { epoch?: bigint; onError?: (message: string) => void } = {},
): Record {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "w");
  } catch (error) {
    throw new MachineError(`cannot write ${path}: ${(error as Error).message}`, "choose another file");
  }
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  const write = (bytes: Uint8Array): void => {
    if (descriptor === undefined) return;
    try {
      writeSync(descriptor, bytes);
    } catch (error) {
      onError?.(`the record of the network ends here: cannot write ${path}: ${(error as Error).message}`);
      close();
    }
  };
  return { link: recordFrames(link, write, epoch), close };
}
