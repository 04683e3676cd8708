/** Errors in what the user gave us to compile: always a place and a sentence, never a stack trace. */

/** One complaint about the source. Lines and columns count from 1; 0 means the place inside the file is not known. */
export interface Diagnostic {
  file: string;
  line: number;
  column: number;
  message: string;
}

/** `file:line:column: message`, leaving out what is not known. */
export function formatDiagnostic({ file, line, column, message }: Diagnostic): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return `${place}: ${message}`;
}

/** The program cannot be compiled. `message` holds all diagnostics, one a line. */
export class CompileError extends Error {
  constructor(readonly diagnostics: Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.name = "CompileError";
  }
}
