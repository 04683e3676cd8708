/** The compiler in a browser: bundled without any Node API of ours, it makes the same bytes in headless Chromium. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { compile } from "../src/index";
import { elfDigest, SAMPLE } from "./browser-sample";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const installed = existsSync(CHROMIUM);

/** asc and binaryen ask for these only when they find themselves in Node. */
const NODE_ONLY = ["fs", "module", "path", "url", "node:*", "crypto"];

async function bundle(): Promise<Uint8Array> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("browser-page.ts", import.meta.url))],
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    external: NODE_ONLY,
  });
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    if (file.includes("node_modules/")) continue;
    expect(
      imports.filter((imported) => imported.external),
      file,
    ).toEqual([]);
  }
  return outputFiles[0]!.contents;
}

/** A server on the loopback interface for one page and its script. */
async function serve(script: Uint8Array) {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    const html = '<!doctype html><body><script type="module" src="page.js"></script>';
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

describe("the compiler in a browser", () => {
  it("needs no module of Node's", async () => {
    expect((await bundle()).length).toBeGreaterThan(10_000);
  });

  it.skipIf(!installed)(
    `makes the same bytes as in Node${installed ? "" : ` (skipped: ${CHROMIUM} is not installed)`}`,
    async () => {
      const server = await serve(await bundle());
      const args = [
        "--no-sandbox",
        "--headless",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
      ];
      const browser = await chromium.launch({ executablePath: CHROMIUM, args });
      try {
        const page = await browser.newPage();
        await page.goto(server.url);
        await page.waitForFunction(() => (document.body.textContent ?? "").startsWith("{"), undefined, {
          timeout: 60_000,
        });
        const { elf } = await compile(SAMPLE);
        expect(JSON.parse((await page.textContent("body")) ?? "")).toEqual({
          length: elf.length,
          digest: await elfDigest(elf),
        });
      } finally {
        await browser.close();
        server.close();
      }
    },
  );
});
