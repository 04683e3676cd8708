import { beforeAll, describe, expect, it } from "vitest";
import { prepareKernel, World } from "./harness/world";

beforeAll(prepareKernel);

describe("boot", () => {
  it("starts the root task", () => {
    const world = new World();
    expect(world.root.isRunning).toBe(true);
  });
});
