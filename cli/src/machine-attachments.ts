// What is attached to a machine besides its board: drives, network cards, and what has to be closed when the machine ends.
import type { VirtioFactory } from "@rel4/machine";

/** A virtio device, and how its host side is closed. */
export interface Attachment {
  device: VirtioFactory;
  close(): void;
}

/** The devices in the order of their slots. */
export class Attachments {
  private readonly all: Attachment[] = [];

  /** Opens one more. */
  async add(open: Attachment | Promise<Attachment>): Promise<void> {
    this.all.push(await open);
  }

  get devices(): VirtioFactory[] {
    return this.all.map(({ device }) => device);
  }

  close(): void {
    for (const attachment of this.all.splice(0)) attachment.close();
  }
}
