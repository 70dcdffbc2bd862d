import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

it("removes a text from a stored output, by the command line", async () => {
  const tailrace = (args: string[], stdin?: string) =>
    runCommandLine(args, { env: userEnvironment(world), ...(stdin === undefined ? {} : { input: stdin }) });
  const cmd = "printf 'a hunter'; sleep 0.3; printf '2-leak b\\n'; echo hunter3-leak >&2";
  await tailrace(["run", "core.local", `cmd=${cmd}`]);
  expect((await tailrace(["execution", "output", "last", "--type", "stdout"])).stdout).toBe(
    "a hunter2-leak b\n",
  );

  expect(await tailrace(["execution", "redact", "last"], "hunter2-leak\n")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^execution \w+ and all below it are redacted\n$/),
  });
  const file = join(scratch(), "leaked.txt");
  writeFileSync(file, "hunter3-leak\nanother-leak\n");
  const answer = await tailrace(["execution", "redact", "last", "--from-file", file, "--lines", "--json"]);
  expect(JSON.parse(answer.stdout)).toMatchObject({ done: true });

  const output = await tailrace(["execution", "output", "last"]);
  expect(output.stdout).toContain("a ************ b\n");
  const got = await tailrace(["execution", "get", "last", "--json"]);
  for (const { stdout } of [output, got]) expect(stdout).not.toMatch(/hunter[23]-leak/);
  expect(await tailrace(["execution", "redact", "last"], "abc\n")).toMatchObject({ code: 1 });
});
