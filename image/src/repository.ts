/** Where this package's sources and caches are on disk. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Absolute path of a file given relative to the repository. */
export function repositoryPath(path: string): string {
  return join(root, path);
}

/** Where results of expensive steps are kept, by the hash of what they were made from. */
export const cacheFolder = join(root, "node_modules", ".cache", "rel4");
