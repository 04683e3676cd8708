// What the browser test's page runs: the compiler on the sample program, its ELF file as a digest.
import { compile } from "../src/index";
import { elfDigest, SAMPLE } from "./browser-sample";

compile(SAMPLE)
  .then(async ({ elf }) => ({ length: elf.length, digest: await elfDigest(elf) }))
  .catch((error: unknown) => ({ error: String(error) }))
  .then((result) => {
    document.body.textContent = JSON.stringify(result);
  });
