// QEMU's command line for people whose fingers know it: one dash, and a few names of its own.

/** QEMU's options with a value, and ours. */
const WITH_VALUE: Record<string, string> = {
  "-bios": "--bios",
  "-kernel": "--kernel",
  "-initrd": "--initrd",
  "-append": "--append",
  "-dtb": "--dtb",
  "-m": "--memory",
  "-smp": "--harts",
  "-seed": "--seed",
};
const WITHOUT_VALUE: Record<string, string> = { "-no-reboot": "--no-reboot" };
/** What this machine is anyway. */
const MEANS_NOTHING = ["-nographic"];

/** The arguments of `rel4 machine`, with QEMU's spelling turned into ours; a value is never touched. */
export function fromQemuSpelling(words: readonly string[]): string[] {
  const ours: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (MEANS_NOTHING.includes(word)) continue;
    ours.push(WITH_VALUE[word] ?? WITHOUT_VALUE[word] ?? word);
    const takesValue = word in WITH_VALUE || Object.values(WITH_VALUE).includes(word);
    if (takesValue && index + 1 < words.length) ours.push(words[++index]!);
  }
  return ours;
}
