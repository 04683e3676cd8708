// What a user sees when something goes wrong: what, where, and what to do. Never a stack trace of ours,
// unless REL4_DEBUG asks for one.
import type { CompileError } from "@rel4/compiler";
import pc from "picocolors";

/** An error the command line itself finds: `message` says what is wrong with which value, `hint` what to do. */
export class UsageError extends Error {
  override name = "UsageError";
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

const MOST_DIAGNOSTICS = 10;

/** The whole message for an error, at most one screen long, without a final newline. */
export function describeError(error: unknown): string {
  if (isCompileError(error)) return describeCompileError(error);
  if (error instanceof Error) {
    const hint = (error as { hint?: unknown }).hint;
    const system = describeSystemError(error);
    const text = `${pc.red("error:")} ${system ?? error.message}`;
    return typeof hint === "string" ? `${text}\n${pc.dim("hint:")}  ${hint}` : text;
  }
  return `${pc.red("error:")} ${String(error)}`;
}

/** By its name: the compiler is only loaded by commands that compile. */
function isCompileError(error: unknown): error is CompileError {
  return error instanceof Error && error.name === "CompileError";
}

function describeCompileError(error: CompileError): string {
  const lines = error.diagnostics.slice(0, MOST_DIAGNOSTICS).map(({ file, line, column, message }) => {
    const where = file ? `${file}${line ? `:${line}${column ? `:${column}` : ""}` : ""}: ` : "";
    return `${pc.red("error:")} ${where}${message}`;
  });
  const more = error.diagnostics.length - MOST_DIAGNOSTICS;
  if (more > 0) lines.push(`… and ${more} more`);
  return lines.length > 0 ? lines.join("\n") : `${pc.red("error:")} ${error.message}`;
}

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: "no such file",
  EISDIR: "is a directory, not a file",
  EACCES: "permission denied",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of the path is not a directory",
  ELOOP: "a symbolic link that leads to itself",
  ENAMETOOLONG: "the name is too long",
  EIO: "the disk cannot be read or written",
  EPERM: "not permitted",
  ETXTBSY: "a running program, which cannot be written",
  EROFS: "the disk cannot be written",
};

/** What the system said about a file, in words; undefined for errors that are not the system's. */
export function systemErrorReason(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? undefined : SYSTEM_ERRORS[code];
}

function describeSystemError(error: Error): string | undefined {
  const { path } = error as NodeJS.ErrnoException;
  const reason = systemErrorReason(error);
  return reason === undefined ? undefined : `${path ?? "standard output"}: ${reason}`;
}

/** True for errors that are the user's to mend; anything else is a defect of ours and says so. */
export function isExpected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isCompileError(error) || error instanceof UsageError) return true;
  if ((error as NodeJS.ErrnoException).code !== undefined && describeSystemError(error)) return true;
  return /^(Machine|Elf|Image|System|Bundle|Lab)\w*Error$/.test(error.name);
}
