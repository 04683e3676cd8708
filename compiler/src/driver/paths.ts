/** Slash-separated paths, without Node. */

/** `path` with backslashes as slashes, and `.` and `..` segments resolved where possible. */
export function normalizePath(path: string): string {
  const segments: string[] = [];
  const slashed = path.replace(/\\/g, "/");
  for (const segment of slashed.split("/")) {
    if (segment === "." || (segment === "" && segments.length > 0)) continue;
    const last = segments[segments.length - 1];
    if (segment === ".." && last !== undefined && last !== ".." && last !== "") segments.pop();
    else segments.push(segment);
  }
  return segments.join("/");
}

/** Everything before the last slash, or "" without one. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** Path of `target` as seen from a file in `directory`; begins with `./` or `../`. */
export function relativePath(directory: string, target: string): string {
  const from = directory === "" ? [] : directory.split("/");
  const to = target.split("/");
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  const up = from.length - common;
  return (up === 0 ? "./" : "../".repeat(up)) + to.slice(common).join("/");
}

/** The deepest directory that contains all paths, or "" when they share none. */
export function commonDirectory(paths: string[]): string {
  const [first = "", ...others] = paths.map((path) => directoryOf(path).split("/"));
  let shared = first === "" ? [] : first;
  for (const segments of others) {
    let length = 0;
    while (length < shared.length && shared[length] === segments[length]) length++;
    shared = shared.slice(0, length);
  }
  return shared.join("/");
}
