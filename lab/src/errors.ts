/** An experiment that cannot be run or did not go well: `message` says what was wrong, `hint` what to do. */
export class LabError extends Error {
  override name = "LabError";
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
