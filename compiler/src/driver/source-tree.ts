/**
 * The files the AssemblyScript compiler sees.
 *
 * asc puts file names into symbols and messages, so it is given names relative to the directory that all inputs share:
 * the same sources give the same bytes wherever they are checked out. Imports of packages ("rel4", "rv") are rewritten
 * to relative paths, because asc would otherwise treat a package's file and the same file reached by a relative path
 * as two modules with two copies of their variables.
 */

import { intrinsicsSource } from "./intrinsics-source";
import { commonDirectory, directoryOf, normalizePath, relativePath } from "./paths";

export interface SourceOptions {
  /** Guest source paths, as `readFile` understands them. */
  entries: string[];
  /** Text of a file, or null if there is none. */
  readFile(path: string): string | null | Promise<string | null>;
  /** Bare import → source path. "name/x" means `x.ts` beside that source. */
  packages?: Record<string, string>;
  /** Path → text that replaces the file's. */
  overrides?: Record<string, string>;
}

const INTRINSICS = "rel4-intrinsics/rv.ts";
/** Exports what the driver must learn from asc; see {@link HEAP_BASE_FUNCTION}. */
const LAYOUT_PROBE = "rel4-intrinsics/layout.ts";
/** Name of the function that returns the first address after static data. */
export const HEAP_BASE_FUNCTION = "__rel4_heap_base";

const IMPORT_SOURCE = /(\bfrom\s*|\bimport\s*)(["'])([^"'\n.][^"'\n]*)\2/g;

/** Maps between the caller's paths and asc's names, and serves asc's reads. */
export class SourceTree {
  /** What asc's names leave out of the paths: the shared directory with its slash, or nothing. */
  private readonly prefix: string;
  private readonly packages = new Map<string, string>();
  private readonly overrides = new Map<string, string>();
  /** asc name → the caller's spelling of the path. */
  private readonly spellings = new Map<string, string>();
  /** What asc was given, by its names. */
  private readonly texts = new Map<string, string>();
  private readonly builtIn = new Map<string, string>([
    [INTRINSICS, intrinsicsSource()],
    [LAYOUT_PROBE, `export function ${HEAP_BASE_FUNCTION}(): usize {\n  return __heap_base;\n}\n`],
  ]);

  constructor(private readonly options: SourceOptions) {
    const { entries, packages = {}, overrides = {} } = options;
    const inputs = [...entries, ...Object.values(packages), ...Object.keys(overrides)];
    const root = commonDirectory(inputs.map(normalizePath));
    // absolute paths without a common directory still share "/"; asc's names must not begin with it
    const isAbsolute = inputs.every((path) => normalizePath(path).startsWith("/"));
    this.prefix = root !== "" || isAbsolute ? `${root}/` : "";
    for (const path of inputs) this.spellings.set(this.nameOf(path), path);
    this.packages.set("rv", INTRINSICS);
    for (const [name, path] of Object.entries(packages)) this.packages.set(name, this.nameOf(path));
    for (const [path, text] of Object.entries(overrides)) this.overrides.set(this.nameOf(path), text);
  }

  /** asc's names of the entry files. */
  entryNames(): string[] {
    return [...this.options.entries.map((path) => this.nameOf(path)), LAYOUT_PROBE];
  }

  /** The caller's path of the file asc calls `name`. */
  pathOf(name: string): string {
    if (name.startsWith("~lib/")) return name;
    return this.spellings.get(name) ?? normalizePath(this.prefix + name);
  }

  /** Line and column (from 1) of a character of a file that was read, or zeroes. */
  positionOf(name: string, offset: number): { line: number; column: number } {
    const before = this.texts.get(name)?.slice(0, offset).split("\n");
    return before
      ? { line: before.length, column: before[before.length - 1]!.length + 1 }
      : { line: 0, column: 0 };
  }

  /** Text of the file asc calls `name`, with package imports made relative. */
  async read(name: string): Promise<string | null> {
    const builtIn = this.builtIn.get(name);
    if (builtIn !== undefined) return builtIn;
    if (name.startsWith("node_modules/") || name === "asconfig.json") return null;
    const text = this.overrides.get(name) ?? (await this.options.readFile(this.pathOf(name)));
    if (text === null) return null;
    const rewritten = this.rewriteImports(name, text);
    this.texts.set(name, rewritten);
    return rewritten;
  }

  private nameOf(path: string): string {
    return normalizePath(path).slice(this.prefix.length);
  }

  private rewriteImports(name: string, text: string): string {
    return text.replace(IMPORT_SOURCE, (whole, keyword: string, quote: string, specifier: string) => {
      const target = this.resolvePackage(specifier);
      if (target === undefined) return whole;
      return `${keyword}${quote}${relativePath(directoryOf(name), target.replace(/\.ts$/, ""))}${quote}`;
    });
  }

  private resolvePackage(specifier: string): string | undefined {
    const exact = this.packages.get(specifier);
    if (exact !== undefined) return exact;
    const slash = specifier.indexOf("/");
    const main = slash < 0 ? undefined : this.packages.get(specifier.slice(0, slash));
    return main === undefined ? undefined : `${directoryOf(main)}/${specifier.slice(slash + 1)}.ts`;
  }
}
