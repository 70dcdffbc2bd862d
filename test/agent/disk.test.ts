import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diskFailure, tryDisk } from "../../agent/disk/failure.ts";
import { holdState } from "../../agent/state/identity.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { afterTest, ROOT, scratch } from "../support/world.ts";

const system = (code: string) => Object.assign(new Error(`${code}: a system's text`), { code });

describe("an error of the disk", () => {
  it.each([
    ["ENOSPC", "the disk of /state is full (ENOSPC): make room on it"],
    ["EDQUOT", "the quota on the disk of /state is used up (EDQUOT): make room on it, or raise it"],
    ["EIO", "the disk of /state fails (EIO): see the kernel's log, and replace it"],
    ["EROFS", "the disk of /state is read-only (EROFS): mount it for writing"],
    ["EMFILE", "the agent has too many files open to use /state (EMFILE): raise ulimit -n"],
    ["ENFILE", "the host has too many files open to use /state (ENFILE): raise fs.file-max"],
    ["EFBIG", "a file in /state may not grow further (EFBIG): raise ulimit -f"],
    ["EACCES", "the agent may not write to /state (EACCES): make its user the folder's owner"],
    ["ENOENT", "/state was removed (ENOENT): only the agent may change its state folder"],
  ])("has a text with the cause and the next step: %s", (code, text) => {
    const refused = () => {
      throw system(code);
    };
    expect(diskFailure(system(code), "/state")).toEqual({ code, text });
    expect(tryDisk("/state", refused)).toEqual({ code, text });
  });

  it.each(["ETIMEDOUT", "ENOTCONN", "EUCLEAN", "EREMOTEIO", "EBADMSG", "ENOTDIR", "ENOTEMPTY"])(
    "has a text with the system's code where it has no text of its own: %s",
    (code) => {
      const failure = { code, text: `the disk of /state fails (${code}): check it` };
      const error = Object.assign(system(code), { errno: -1, syscall: "write" });
      expect(diskFailure(error, "/state")).toEqual(failure);
    },
  );

  it("has the system's code where a folder has become a file", () => {
    const state = join(scratch(), "state");
    writeFileSync(state, "");
    expect(tryDisk(state, () => mkdirSync(join(state, "spool"), { recursive: true }))?.code).toBe("ENOTDIR");
  });

  it.each([
    ["EBADF", { errno: -9, syscall: "write" }],
    ["EINVAL", { errno: -22, syscall: "write" }],
    ["ERR_INVALID_ARG_TYPE", {}],
  ])("is told from a bug: %s", (code, by) => {
    const error = Object.assign(system(code), by);
    const refused = () => {
      throw error;
    };
    expect(diskFailure(error, "/state")).toBeUndefined();
    expect(() => tryDisk("/state", refused)).toThrow(code);
  });

  it("is undefined where the disk takes the write", () => {
    expect(tryDisk("/state", () => undefined)).toBeUndefined();
  });
});

describe("a state folder whose disk is full", { tags: ["root"] }, () => {
  it("belongs to one agent alone, also where an earlier agent has released it", () => {
    const disk = new SmallDisk(scratch(), 1024 * 1024);
    afterTest(() => disk.unmount());
    const holding = `
      const { holdState } = await import(${JSON.stringify(join(ROOT, "agent/state/identity.ts"))});
      const { note, release } = holdState(${JSON.stringify(disk.folder)});
      note();
    `;
    const hold = (rest: string) =>
      spawnSync(process.execPath, ["--input-type=module", "-e", holding + rest], { encoding: "utf8" }).stderr;
    expect(hold("release();")).toBe("");
    disk.fill();
    const { note } = holdState(disk.folder);
    note();
    expect(hold("")).toContain(`belongs to the running agent with process ${process.pid}`);
  });
});
