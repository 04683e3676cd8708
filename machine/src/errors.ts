// Errors of the machine's public API.

/** Something the machine was asked for that it cannot do: `message` says what with which value, `hint` what to do. */
export class MachineError extends Error {
  override name = "MachineError";
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** An image that cannot be booted. */
export class ImageError extends MachineError {
  override name = "ImageError";
  /** @param image which one: "bios", "kernel", "initrd" or "dtb" */
  constructor(
    readonly image: string,
    message: string,
    hint: string,
  ) {
    super(message, hint);
  }
}
