import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{abi,machine,compiler,image,lab,cli,kernel,runtime,servers,programs,tools}/**/*.test.ts"],
    globalSetup: ["./tools/test-setup.ts", "./tools/latency-report.ts"],
    // A test file a core: vitest would leave one idle.
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
