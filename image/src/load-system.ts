/**
 * Reading a system description: bundles the user's TypeScript (which may import other files) and evaluates it.
 *
 * The file may lie anywhere; its import of "rel4/system" is answered with ours.
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type BuildFailure, build, type Message } from "esbuild";
import { repositoryPath } from "./repository";
import { SystemError } from "./system-error";

/** Whether a program text is a system description: it imports "rel4/system". */
export function isSystemDescription(text: string): boolean {
  return /\bfrom\s*["']rel4\/system["']/.test(text);
}

/**
 * Line (from 1) in which a text that does not import "rel4/system" describes a system all the same; undefined for a program.
 */
export function lineOfForgottenImport(text: string): number | undefined {
  const found = /\bdefineSystem\s*\(|^export\s+default\s*\(?\s*\{/m.exec(text);
  return found && !isSystemDescription(text) ? text.slice(0, found.index).split("\n").length : undefined;
}

/** The description `path` exports by default, unchecked, and the directory its sources are relative to. */
export async function loadSystem(path: string): Promise<{ description: unknown; directory: string }> {
  const file = resolve(path);
  if (!existsSync(file)) throw new SystemError("no such file", "check the path", path);
  const code = await bundle(file, path);
  const module = await evaluate(code, path);
  if (module.default === undefined)
    throw new SystemError(
      "exports no description",
      "end it with: export default defineSystem({ programs: { … } })",
      path,
    );
  return { description: module.default, directory: dirname(file) };
}

async function bundle(file: string, path: string): Promise<string> {
  try {
    const result = await build({
      entryPoints: [file],
      alias: { "rel4/system": repositoryPath("image/src/system.ts") },
      bundle: true,
      platform: "node",
      format: "esm",
      write: false,
      logLevel: "silent",
      // two programs of one name would silently become one
      logOverride: { "duplicate-object-key": "error" },
      tsconfigRaw: {},
    });
    return result.outputFiles[0]!.text;
  } catch (error) {
    const messages = (error as Partial<BuildFailure>).errors;
    if (!messages?.[0]) throw error;
    throw new SystemError(describe(messages[0], path), "mend the description's TypeScript");
  }
}

function describe({ text, location }: Message, path: string): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : `${path}: ${text}`;
}

async function evaluate(code: string, path: string): Promise<{ default?: unknown }> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  try {
    return await import(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SystemError(`evaluating it failed: ${reason}`, "mend the description's TypeScript", path);
  }
}
