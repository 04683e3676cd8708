// Builds what the user named into a bootable image, showing progress.
import { type BuiltSystem, buildProgram, buildSystem } from "@rel4/image";
import type { InputFile } from "./input-file";
import { createProgress } from "./progress";

/**
 * Compiles a program or a system description.
 * @param programArguments arguments of the single program
 * @throws SystemError, CompileError
 */
export async function buildInput(
  input: InputFile,
  options: { programArguments?: string[]; arguments?: Record<string, string[]>; quiet?: boolean } = {},
): Promise<BuiltSystem> {
  const progress = createProgress(options.quiet);
  const onProgress = (step: string) => progress.step(step);
  try {
    if (input.kind === "system")
      return await buildSystem(input.path, { onProgress, arguments: options.arguments });
    const { programArguments = [] } = options;
    return await buildProgram(input.path, {
      onProgress,
      ...(programArguments.length > 0 && { arguments: { program: programArguments } }),
    });
  } finally {
    progress.done();
  }
}
