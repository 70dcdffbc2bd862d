import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backUpState } from "../../cli/local/back-up.ts";
import { backUp } from "../../cli/server/backup/backup.ts";
import { restore } from "../../cli/server/backup/restore.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { afterTest, scratch } from "../support/world.ts";

const DATABASE = "store/do/tailrace-Execution/one.sqlite";

/** A folder with the files of a state folder. */
function stateFolder(): string {
  const state = join(scratch(), "state");
  mkdirSync(join(state, "store/do/tailrace-Execution"), { recursive: true });
  for (const name of ["secrets.json", "version", DATABASE]) writeFileSync(join(state, name), name);
  return state;
}

async function backup(state = stateFolder()): Promise<string> {
  const folder = join(scratch(), "backup");
  await backUpState(state, folder);
  return folder;
}

describe("a backup", () => {
  it("has the files that symbolic links of the state folder name", async () => {
    const [state, elsewhere] = [stateFolder(), scratch()];
    for (const name of ["secrets.json", "store"]) {
      renameSync(join(state, name), join(elsewhere, name));
      symlinkSync(join(elsewhere, name), join(state, name));
    }
    const folder = await backup(state);
    for (const name of ["secrets.json", DATABASE])
      expect(readFileSync(join(folder, name), "utf8")).toBe(name);
  });

  it("is made without the server of an address that a killed server has left", async () => {
    const state = stateFolder();
    let requests = 0;
    const other = createServer(() => requests++).listen(0, "127.0.0.1");
    afterTest(async () => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    writeFileSync(join(state, "control.json"), JSON.stringify({ url, key: "the key" }));
    expect(existsSync(join(await backup(state), "backup.json"))).toBe(true);
    expect(requests).toBe(0);
  });

  it("refuses a folder with anything in it, and leaves nothing of one that fails", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "notes.txt"), "mine");
    await expect(backUpState(stateFolder(), folder)).rejects.toThrow(/is not empty/);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);

    const state = stateFolder();
    mkdirSync(join(state, "store/d1"));
    symlinkSync(join(state, "store/d1/loop.sqlite"), join(state, "store/d1/loop.sqlite"));
    const other = join(scratch(), "backup");
    await expect(backUpState(state, other)).rejects.toThrow(/ELOOP/);
    expect(readdirSync(other)).toEqual([]);
  });

  it("refuses a folder to which a server writes that cannot be stopped from here", async () => {
    const state = stateFolder();
    for (let count = 0; count < 50; count++)
      writeFileSync(join(state, `store/do/${count}.sqlite`), "database");
    const writing = setInterval(() => appendFileSync(join(state, DATABASE), "more"), 1);
    afterTest(async () => clearInterval(writing));
    await expect(backUpState(state, join(scratch(), "backup"))).rejects.toThrow(/A server writes to /);
  });

  it("lets the engine go on that did not stand still", async () => {
    const calls: string[] = [];
    const pause = () => {
      calls.push("pause");
      throw new Error("it does not stand still");
    };
    const engine = { pause, resume: () => calls.push("resume") };
    await expect(backUp(stateFolder(), join(scratch(), "backup"), engine)).rejects.toThrow(/not stand/);
    expect(calls).toEqual(["pause", "resume"]);
  });
});

describe("a restore", () => {
  it("makes a folder whose name ends with a slash, and one in which a disk may be mounted", async () => {
    const folder = await backup();
    const made = join(scratch(), "made");
    await restore(folder, `${made}/`);
    const empty = scratch();
    const { ino } = statSync(empty);
    await restore(folder, empty);
    expect(statSync(empty).ino).toBe(ino);
    for (const state of [made, empty]) {
      expect(readdirSync(state).sort()).toEqual(["secrets.json", "store", "version"]);
      expect(readFileSync(join(state, DATABASE), "utf8")).toBe(DATABASE);
    }
  });

  it("takes a backup that nothing may write to, and leaves it as it is", async () => {
    const folder = await backup();
    chmodSync(join(folder, "secrets.json"), 0o400);
    await restore(folder, join(scratch(), "made"));
    expect(statSync(join(folder, "secrets.json")).mode & 0o777).toBe(0o400);
  });

  it("refuses a file in one line", async () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    await expect(restore(await backup(), file)).rejects.toThrow(/cannot be used: it is a file/);
  });
});

it("the commands for a state folder take it from the variable that the server takes it from", async () => {
  const state = join(scratch(), "state");
  const tailrace = (folder: string, ...args: string[]) =>
    runCommandLine(args, { env: { ...bareEnvironment(), TAILRACE_SERVER_STATE: folder }, cwd: scratch() });
  const original = stateFolder();
  writeFileSync(
    join(original, "secrets.json"),
    JSON.stringify({ TAILRACE_API_KEY: "a", TAILRACE_SECRET: "b" }),
  );
  const made = join(scratch(), "backup");
  expect(await tailrace(original, "backup", made)).toMatchObject({ code: 0, stderr: "" });
  expect(await tailrace(state, "restore", made)).toMatchObject({ code: 0, stderr: "" });
  expect(await tailrace(state, "secret", "rotate")).toMatchObject({ code: 0, stderr: "" });
  const { TAILRACE_SECRET_PREVIOUS } = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
  expect(TAILRACE_SECRET_PREVIOUS).toBe("b");
});
