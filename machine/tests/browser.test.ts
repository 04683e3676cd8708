// The machine in a browser: bundled without any Node API, it runs a guest in headless Chromium.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { ensureCore } from "../../tools/build-core";
import { SBI_GUEST_OUTPUT, sbiGuest } from "./sbi-guest";
import { pingGuest, pongGuest } from "./virtio-guest";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const installed = existsSync(CHROMIUM);

async function bundle(): Promise<Uint8Array> {
  const page = fileURLToPath(new URL("browser-page.ts", import.meta.url));
  const result = await build({
    entryPoints: [page],
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    write: false,
  });
  return result.outputFiles[0]!.contents;
}

/** Serves fixed files on the loopback interface; `close` ends it. */
async function serve(files: Record<string, { type: string; body: string | Uint8Array }>) {
  const server = createServer((request, response) => {
    const file = files[request.url ?? ""];
    if (!file) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": file.type }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

describe("the machine in a browser", () => {
  it("is bundled without Node's modules", async () => {
    expect((await bundle()).length).toBeGreaterThan(10_000);
  });

  it.skipIf(!installed)(
    `runs a guest on two harts and shows its console, and joins two machines by a hub${installed ? "" : ` (skipped: ${CHROMIUM} is not installed)`}`,
    async () => {
      const server = await serve({
        "/": {
          type: "text/html",
          body: '<!doctype html><body><script type="module" src="page.js"></script>',
        },
        "/page.js": { type: "text/javascript", body: await bundle() },
        "/core.wasm": { type: "application/wasm", body: await ensureCore() },
        "/program.elf": { type: "application/octet-stream", body: sbiGuest() },
        "/ping.elf": { type: "application/octet-stream", body: pingGuest(0, 3) },
        "/pong.elf": { type: "application/octet-stream", body: pongGuest(0, 3) },
        "/program.elf.gz": { type: "application/octet-stream", body: gzipSync(sbiGuest()) },
      });
      const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: [
          "--no-sandbox",
          "--headless",
          "--disable-gpu",
          "--disable-background-networking",
          "--no-first-run",
        ],
      });
      try {
        const page = await browser.newPage();
        await page.goto(server.url);
        await page.waitForFunction(() => (document.body.textContent ?? "").startsWith("{"), undefined, {
          timeout: 60_000,
        });
        const run = { reason: "poweroff", output: SBI_GUEST_OUTPUT };
        expect(JSON.parse((await page.textContent("body")) ?? "")).toEqual({
          loaded: run,
          booted: run,
          together: ["poweroff", "poweroff"],
        });
      } finally {
        await browser.close();
        server.close();
      }
    },
  );
});
