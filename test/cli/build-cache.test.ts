import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { buildOnce } from "../../cli/server/build-cache.ts";
import { ROOT, scratch, until } from "../support/scratch.ts";

let folder: string;
let cache: string;
let builds: number;

beforeEach(() => {
  folder = scratch();
  cache = scratch();
  process.env.XDG_CACHE_HOME = cache;
  builds = 0;
  write("input.ts", "one");
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

/** Builds the single input to its own text. `afterRead` runs after the input is read. */
async function build(afterRead: () => void = () => undefined): Promise<string> {
  const file = join(folder, "input.ts");
  const { text } = await buildOnce("test", async () => {
    builds++;
    const text = readFileSync(file, "utf8");
    afterRead();
    return { text, inputs: [relative(ROOT, file)] };
  });
  return text;
}

/** Builds until a build is kept. A build right after a change of its input is not. */
async function buildKept(): Promise<void> {
  await until("a build is kept", async () => {
    const before = builds;
    await build();
    return builds === before;
  });
  builds = 0;
}

describe("a build", () => {
  it("is made once for unchanged files, with every character", async () => {
    write("input.ts", 'first\n\nsecond line, é, ✓, "quoted"\n');
    await buildKept();
    expect(await build()).toBe('first\n\nsecond line, é, ✓, "quoted"\n');
    expect(builds).toBe(0);
  });

  it("is made again after its input has changed", async () => {
    await buildKept();
    write("input.ts", "two");
    expect(await build()).toBe("two");
    expect(builds).toBe(1);
  });

  it.each(["package.json", "tsconfig.json"])(
    "is made again after a %s appears beside its input",
    async (name) => {
      await buildKept();
      write(name, "{}");
      await build();
      expect(builds).toBe(1);
    },
  );

  it("is not kept if its input changes after it was read", async () => {
    await buildKept();
    write("input.ts", "two");
    await build(() => write("input.ts", "three"));
    expect(await build()).toBe("three");
  });

  it.each([
    ["cut short", (text: string) => text.slice(0, -1)],
    ["its first line only", (text: string) => text.split("\n")[0] ?? ""],
    ["empty", () => ""],
  ])("is made again if the kept file is %s", async (_, spoil) => {
    await buildKept();
    const built = join(cache, "tailrace/built");
    for (const name of readdirSync(built)) {
      const file = join(built, name);
      writeFileSync(file, spoil(readFileSync(file, "utf8")));
    }
    expect(await build()).toBe("one");
    expect(builds).toBe(1);
  });

  it("is made each time if the kept file cannot be read or replaced", async () => {
    await buildKept();
    const built = join(cache, "tailrace/built");
    for (const name of readdirSync(built)) {
      rmSync(join(built, name));
      mkdirSync(join(built, name));
    }
    expect([await build(), await build()]).toEqual(["one", "one"]);
    expect(builds).toBe(2);
  });

  it("removes the builds that no start has used for a month, as those of a deleted checkout", async () => {
    await buildKept();
    const built = join(cache, "tailrace/built");
    const [own = ""] = readdirSync(built).map((name) => join(built, name));
    const [deleted, recent] = [join(built, "worker-0.mjs"), join(built, "worker-1.mjs")];
    for (const file of [deleted, recent]) writeFileSync(file, "");
    const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000);
    for (const [file, age] of [
      [own, 31],
      [deleted, 31],
      [recent, 29],
    ] as const)
      utimesSync(file, days(age), days(age));
    await build();
    expect([own, deleted, recent].map(existsSync)).toEqual([true, true, true]);
    write("input.ts", "two");
    await build();
    expect([own, deleted, recent].map(existsSync)).toEqual([true, false, true]);
  });

  it("is made each time if the cache cannot be written", async () => {
    process.env.XDG_CACHE_HOME = "/proc";
    expect([await build(), await build()]).toEqual(["one", "one"]);
    expect(builds).toBe(2);
  });
});
