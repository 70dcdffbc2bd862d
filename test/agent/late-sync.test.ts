import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LateSync } from "../../agent/disk/late-sync.ts";
import { readIfPresent } from "../../agent/disk/read.ts";
import { crashingDisk } from "../support/crashing-disk.ts";
import { until } from "../support/world.ts";

describe("a late sync", { tags: ["root", "loop", "e2fsprogs"] }, () => {
  it("syncs what is left, also if a part is gone, and what is written later", async () => {
    const disk = crashingDisk();
    const late = new LateSync();
    const [kept, gone, later] = ["kept", "gone", "later"].map((name) => join(disk.folder, name));
    for (const file of [gone, kept]) {
      writeFileSync(file ?? "", "a note");
      late.wrote(file ?? "", disk.folder);
    }
    rmSync(gone ?? "");
    const isOnDisk = (name: string) => disk.look((folder) => readIfPresent(join(folder, name)) === "a note");
    await until("it is synced", () => isOnDisk("kept"));
    writeFileSync(later ?? "", "a note");
    late.wrote(later ?? "", disk.folder);
    await until("it is synced too", () => isOnDisk("later"));
    expect(isOnDisk("gone")).toBe(false);
    late.stop();
  });
});
