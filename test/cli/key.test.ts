import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, type RunOptions, runCommandLine, userEnvironment } from "../support/command-line.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld();
  env = userEnvironment(world);
});
afterAll(() => world.stop());

function tailrace(args: string[], options: RunOptions = {}): Promise<Ran> {
  return runCommandLine(args, { env, ...options });
}

describe("pool keys", () => {
  const keys = (...args: string[]) => tailrace(["pool", "keys", "far", ...args]);

  it("shows and sets the keys that a pool's runs may reach", async () => {
    const all = "executions in far may use every key that their user may use\n";
    expect(await keys()).toMatchObject({ code: 0, stdout: all });
    const some = "executions in far may use the keys that begin with web., shared.\n";
    expect((await keys("--prefix", "web.", "--prefix", "shared.")).stdout).toBe(some);
    expect((await keys()).stdout).toBe(some);
    expect((await keys("--none")).stdout).toBe("executions in far may use no key\n");
    expect(JSON.parse((await keys("--json")).stdout)).toEqual({ pool: "far", prefixes: [] });
    expect((await keys("--all")).stdout).toBe(all);
    expect(await keys("--all", "--none")).toMatchObject({
      code: 2,
      stderr: "--prefix, --none and --all exclude each other: give one of them.\n",
    });
  });
});

describe("key", () => {
  it("sets, gets, lists and deletes keys", async () => {
    expect(await tailrace(["key", "list", "--prefix", "life."])).toMatchObject({
      code: 0,
      stdout: "No keys. `tailrace key set -h` shows how to set one.\n",
    });
    expect(await tailrace(["key", "set", "life.region", "eu-west-1"])).toEqual({
      code: 0,
      stdout: "life.region is set\n",
      stderr: "",
    });
    expect((await tailrace(["key", "get", "life.region"])).stdout).toBe("eu-west-1\n");
    expect((await tailrace(["key", "list", "--prefix", "life."])).stdout).toMatch(
      /life\.region .* eu-west-1 /,
    );
    expect((await tailrace(["key", "delete", "life.region"])).stdout).toBe("life.region is deleted\n");
    expect(await tailrace(["key", "get", "life.region"])).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^KeyValuePair with name "life\.region" not found \(key_not_found\)\. /),
    });
    expect((await tailrace(["key", "delete", "life.region"])).code).toBe(1);
  });

  it("prints JSON with --json", async () => {
    const region = {
      uid: "key_value_pair:st2kv.system:json.region",
      name: "json.region",
      value: "eu",
      secret: false,
      encrypted: false,
      scope: "st2kv.system",
    };
    const json = async (...args: string[]) => JSON.parse((await tailrace(["key", ...args, "--json"])).stdout);
    expect(await json("set", "json.region", "eu")).toEqual(region);
    expect(await json("get", "json.region")).toEqual(region);
    expect(await json("list", "--prefix", "json.")).toEqual([region]);
    expect(await json("delete", "json.region")).toEqual({ name: "json.region", deleted: true });
  });

  it("takes a value from a file or stdin, without its last line end", async () => {
    const file = join(scratch(), "value");
    writeFileSync(file, "line 1\nline 2\n");
    await tailrace(["key", "set", "from.file", `@${file}`]);
    expect((await tailrace(["key", "get", "from.file"])).stdout).toBe("line 1\nline 2\n");
    await tailrace(["key", "set", "from.stdin", "-"], { input: "piped\r\n" });
    expect((await tailrace(["key", "get", "from.stdin"])).stdout).toBe("piped\n");
  });

  it("hides a secret unless --decrypt is given, and an action that reads it prints the mask", async () => {
    const set = await tailrace(["key", "set", "my.token", "-", "--secret"], { input: "s3cret-token\n" });
    expect(set).toEqual({ code: 0, stdout: "my.token is set\n", stderr: "" });
    expect((await tailrace(["key", "get", "my.token"])).stdout).toBe("********\n");
    expect((await tailrace(["key", "list"])).stdout).toMatch(/my\.token .* \*{8} .* yes /);
    expect((await tailrace(["key", "get", "my.token", "--decrypt"])).stdout).toBe("s3cret-token\n");
    const ran = await tailrace([
      "run",
      "core.local",
      "cmd=echo {{ st2kv.system.my.token | decrypt_kv }} | tr -d '\\n' | wc -c; echo {{ st2kv.system.my.token | decrypt_kv }}",
      "--tail",
    ]);
    expect(ran.stdout).toContain("\n12\n********\n");
  });

  it("in the scope user stands beside a shared key of the same name", async () => {
    const key = (...args: string[]) => tailrace(["key", ...args]);
    await key("set", "scoped.editor", "vim", "--scope", "user");
    expect(await key("get", "scoped.editor")).toMatchObject({ code: 1, stdout: "" });
    expect((await key("get", "scoped.editor", "--scope", "user")).stdout).toBe("vim\n");
    await key("set", "scoped.editor", "ed");
    const { stdout } = await key("list", "--prefix", "scoped.", "--scope", "all");
    expect(stdout).toMatch(/scoped\.editor .* ed .* system [\s\S]*scoped\.editor .* vim .* user .* admin /);
    const ran = await tailrace([
      "run",
      "core.local",
      "cmd=echo {{ st2kv.user.scoped.editor }} {{ st2kv.system.scoped.editor }}",
      "--tail",
    ]);
    expect(ran.stdout).toContain("\nvim ed\n");
    await key("delete", "scoped.editor", "--scope", "user");
    expect((await key("list", "--prefix", "scoped.", "--scope", "user")).stdout).toMatch(/^No keys/);
    expect((await key("get", "scoped.editor", "--user", "ann")).stderr).toMatch(
      /^"user" attribute can only be provided by admins when RBAC is enabled \(forbidden\)\. /,
    );
    expect((await key("get", "scoped.editor", "--scope", "pack")).code).toBe(2);
  });

  it("expires after its time to live", async () => {
    const { stdout } = await tailrace(["key", "set", "short", "x", "--ttl", "3600", "--json"]);
    const { expire_timestamp } = JSON.parse(stdout);
    const left_s = (Date.parse(expire_timestamp) - Date.now()) / 1000;
    expect(left_s).toBeGreaterThan(3500);
    expect(left_s).toBeLessThanOrEqual(3600);
  });

  it.each([
    [
      ["set", "token", "s3cret", "--secret"],
      2,
      "Other users can read a command line: give the secret as @FILE, or - for stdin.\n",
    ],
    [
      ["set", "token", "@/no/such/file"],
      1,
      "/no/such/file cannot be read: ENOENT: no such file or directory, open '/no/such/file'. Name a file that can be read: @FILE\n",
    ],
    [
      ["set", "a b", "x"],
      1,
      /^"a b" is not a key's name: up to 255 characters, no space, \/ \? or # \(invalid\)\. /,
    ],
    [["set", "a", "x", "--ttl", "0"], 1, /ttl: .*>=1.* \(invalid\)\. .*\n$/],
    [["set", "a", "x", "--ttl", "soon"], 2, /It must be a whole number, 0 or more\./],
    [["set", "a"], 2, /missing required argument 'value'/],
    [["get"], 2, /missing required argument 'name'/],
    [
      ["list", "--url", "http://127.0.0.1:1"],
      1,
      /^The server does not answer: .*\. `tailrace doctor` says more\.\n$/,
    ],
  ] as [string[], number, string | RegExp][])("reports the mistake in %j", async (args, code, stderr) => {
    const ran = await tailrace(["key", ...args]);
    expect(ran.code).toBe(code);
    if (typeof stderr === "string") expect(ran.stderr).toBe(stderr);
    else expect(ran.stderr).toMatch(stderr);
    expect(ran.stdout).toBe("");
  });
});
