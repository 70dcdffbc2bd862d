import { expect, it } from "vitest";
import { DISK_FAILURES_MAX, refusalOf } from "../../agent/run/refusal.ts";

const EIO = Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", errno: -5, syscall: "read" });

it("an upload tries a spool again when its disk fails, and gives up after many failures in a row", () => {
  expect(refusalOf(EIO, DISK_FAILURES_MAX - 1)).toBeUndefined();
  expect(refusalOf(EIO, DISK_FAILURES_MAX)).toBe(
    "its output cannot be read: the disk of the spool fails (EIO): see the kernel's log, and replace it",
  );
});
