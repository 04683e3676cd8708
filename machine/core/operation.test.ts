// What the hot loop's speed asks of the numbers of operations.
import { expect, it } from "vitest";
import { Op } from "./operation";

it("the hot loop has cases for fewer than 128 operations, so that its switch is dispatched within a cache line", () => {
  expect(Op.Illegal).toBeLessThan(128);
});
