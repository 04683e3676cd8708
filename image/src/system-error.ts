/** Errors in what the user described: what is wrong, where, and what to do. */

export class SystemError extends Error {
  override name = "SystemError";
  /**
   * @param message what is wrong, with the value
   * @param hint what to do about it
   * @param where the file, or the place in the description such as `programs.client.hart`
   */
  constructor(
    message: string,
    readonly hint: string,
    readonly where = "",
  ) {
    super(where === "" ? message : `${where}: ${message}`);
  }
}
