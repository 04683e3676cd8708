// The built-in firmware with a real supervisor program, and the same program under OpenSBI on QEMU.
import { describe, expect, it } from "vitest";
import { hasTool, unlessMissing } from "./external-tools";
import { runElf } from "./our-machine";
import { QEMU, runOnQemu } from "./qemu";
import { SBI_GUEST_OUTPUT, sbiGuest } from "./sbi-guest";

const qemu = hasTool(QEMU);

describe("a supervisor program", () => {
  it("prints, starts a second hart and powers off through the built-in firmware", async () => {
    const { output, reason, exitCode } = await runElf(sbiGuest(), {
      harts: 2,
      memory: 16 << 20,
      firmware: "sbi",
    });
    expect([output, reason, exitCode]).toEqual([SBI_GUEST_OUTPUT, "poweroff", 0]);
  });

  it.skipIf(!qemu)(`prints the same under OpenSBI on QEMU${unlessMissing(QEMU, qemu)}`, () => {
    const { output, exitCode } = runOnQemu(sbiGuest(), { firmware: "opensbi", harts: 2 });
    // OpenSBI prints a banner first and ends lines as terminals want it.
    expect(output.replaceAll("\r", "").endsWith(SBI_GUEST_OUTPUT)).toBe(true);
    expect(exitCode).toBe(0);
  });
});
