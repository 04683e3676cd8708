import { describe, expect, it } from "vitest";
import { hasCommand } from "../tests/run-image";
import { benchCompiler } from "./bench-compiler";
import { GCC } from "./gnu";
import { PATHS } from "./paths";

describe("the compiler benchmark", () => {
  it("runs every path of our program", async () => {
    const { paths, geomean } = await benchCompiler({ withoutGcc: true });
    expect(geomean).toBeNull();
    expect(paths.map((path) => path.name)).toEqual(PATHS.map((path) => path.name));
    for (const { name, ours } of paths) expect(ours, name).toBeGreaterThan(0);
  });

  it.skipIf(!hasCommand(GCC))(
    `finds our code no longer than gcc -O2's on average (skipped without ${GCC})`,
    async () => {
      const { geomean, floatGeomean, paths } = await benchCompiler();
      expect(geomean).toBeLessThanOrEqual(1);
      expect(floatGeomean).toBeLessThanOrEqual(1.1);
      // C leaves open what a conversion of NaN to an integer gives, so gcc does not look for it
      const limit = (name: string) => (name.includes("samples") ? 1.3 : 1.2);
      for (const { name, ratio } of paths) expect(ratio, name).toBeLessThanOrEqual(limit(name));
    },
  );
});
