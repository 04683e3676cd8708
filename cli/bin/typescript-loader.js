// Lets Node load this repository's TypeScript as it is: finds imports written without an ending and strips types with
// esbuild. A general loader would do the same, but those at hand also rewrite every JavaScript dependency they meet,
// which costs seconds each time the AssemblyScript compiler is loaded.
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

const isRelative = (specifier) => specifier.startsWith("./") || specifier.startsWith("../");

/** Resolve hook of node:module: `./x` is x.ts or x/index.ts. */
export async function resolve(specifier, context, next) {
  if (!isRelative(specifier) || extname(specifier) !== "") return next(specifier, context);
  for (const ending of [".ts", "/index.ts"]) {
    try {
      return await next(specifier + ending, context);
    } catch (error) {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    }
  }
  return next(specifier, context);
}

/** Load hook of node:module: TypeScript becomes JavaScript. */
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = await readFile(fileURLToPath(url), "utf8");
  const { code } = await transform(source, {
    loader: "ts",
    format: "esm",
    target: "node20",
    sourcefile: url,
    sourcemap: "inline",
  });
  return { format: "module", source: code, shortCircuit: true };
}
