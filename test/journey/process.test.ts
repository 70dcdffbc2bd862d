// @module-tag coreutils
// @module-tag mawk
// @module-tag util-linux
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { receive } from "../support/reader.ts";
import { startWorld, until, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

async function run(cmd: string, parameters: Record<string, unknown> = {}): Promise<string> {
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd, ...parameters } });
  return id;
}

async function outcome(id: string) {
  const { end, gaps } = await receive(world.client, id);
  const { status, result, output } = await world.client.get(id);
  return { status, result, end, gaps, output };
}

/** Ignores TERM, with a child that does too and another in a session of its own. */
const STUBBORN = `trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & setsid sh -c "trap '' TERM; while :; do sleep 0.1; done" & echo up; while :; do sleep 0.1; done`;

describe("a process", () => {
  it("is ended by a cancel with all its children, whatever they ignore", async () => {
    const id = await run(STUBBORN);
    await until("it is up", async () => (await world.client.get(id)).output?.bytes.stdout === 3);
    expect(markedProcesses(id).length).toBeGreaterThan(2);
    await world.client.cancel(id);
    expect(await outcome(id)).toMatchObject({
      status: "canceled",
      result: { message: "Action canceled by user.", user: "admin", stdout: "up" },
    });
    expect(markedProcesses(id)).toEqual([]);
  });

  it("is ended by its timeout with all its children, and its output is kept", async () => {
    const id = await run(STUBBORN, { timeout: 4 });
    expect(await outcome(id)).toMatchObject({
      status: "timeout",
      end: { exit_code: -9 },
      result: { return_code: -9, stdout: "up", error: "Action failed to complete in 4 seconds" },
    });
    expect(markedProcesses(id)).toEqual([]);
  });

  it("ends soon when a grandchild holds its pipe, with the grandchild's output until then", async () => {
    const id = await run(`(sleep 0.3; echo late; sleep 600) & echo early`);
    const { status, result } = await outcome(id);
    expect(status).toBe("succeeded");
    expect(result).toMatchObject({
      stdout: "early\nlate",
      leftover_pids: expect.arrayContaining([expect.any(Number)]),
    });
    for (const { pid } of markedProcesses(id)) process.kill(pid, "SIGKILL");
  });

  it.each([
    ["exit 0", "succeeded", 0],
    ["exit 3", "failed", 3],
    ["kill -SEGV $$", "failed", -11],
    ["no-such-program", "failed", 127],
  ])("%s is %s with %i", async (cmd, status, return_code) => {
    expect(await outcome(await run(cmd))).toMatchObject({
      status,
      result: { return_code, failed: status === "failed" },
    });
  });

  it("fails with the reason if it cannot be started", async () => {
    const { status, result } = await outcome(await run("true", { cwd: "/no/such/folder" }));
    expect(status).toBe("failed");
    expect(result).toMatchObject({
      succeeded: false,
      error: expect.stringContaining("there is no folder /no/such/folder"),
    });
  });

  it("gets a variable that is a list or an object as JSON, with any content", async () => {
    const id = await run("env", { env: { LIST: [1, "a"], OBJECT: { toString: null } } });
    const { result } = await outcome(id);
    const lines = String(result?.stdout).split("\n");
    expect(lines).toEqual(expect.arrayContaining(['LIST=[1,"a"]', 'OBJECT={"toString":null}']));
  });

  it("has StackStorm's environment and the user's, and of the agent's only its socket and mark", async () => {
    const id = await run("env", { env: { GREETING: "hello world", ST2_ACTION_PACK_NAME: "forged" } });
    const { result } = await outcome(id);
    const lines = String(result?.stdout).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "GREETING=hello world",
        "ST2_ACTION_PACK_NAME=core",
        `ST2_ACTION_EXECUTION_ID=${id}`,
        `ST2_ACTION_API_URL=${world.server.url}/api/v1`,
        "ST2_ACTION_DEBUG=False",
        "PYTHONUNBUFFERED=1",
      ]),
    );
    const ours = lines.filter((line) => line.startsWith("TAILRACE_"));
    expect(ours.map((line) => line.split("=", 1)[0])).toEqual(["TAILRACE_JOB_SOCKET", "TAILRACE_RUN"]);
  });

  it("has an empty stdin", async () => {
    expect((await outcome(await run("cat; echo done"))).result).toMatchObject({ stdout: "done" });
  });

  it("has results like StackStorm's: without the last line end, and decoded if they are JSON", async () => {
    expect((await outcome(await run("echo 10"))).result).toMatchObject({ stdout: 10 });
    expect((await outcome(await run("printf 'a\\n\\n'"))).result).toMatchObject({ stdout: "a\n" });
    expect((await outcome(await run(`echo '{"a": [1]}'`))).result).toMatchObject({ stdout: { a: [1] } });
  });

  it("shows each line that it writes into a pipe when it runs unbuffered", async () => {
    const id = await run('awk \'BEGIN { print "first"; system("sleep 600"); print "second" }\'', {
      unbuffered: true,
    });
    await until(
      "the first line is there",
      async () => (await world.client.get(id)).output?.bytes.stdout === 6,
    );
    expect((await world.client.get(id)).status).toBe("running");
    await world.client.cancel(id);
    await outcome(id);
  });
});

describe("a script", () => {
  it("gets its arguments by name and by position", async () => {
    const { id } = await world.client.create({
      action: "examples.greet",
      parameters: { name: "Ann's 'cat' $HOME", times: 2, loud: true },
    });
    expect((await outcome(id)).result).toMatchObject({
      stdout: "HELLO, ANN'S 'CAT' $HOME!\nHELLO, ANN'S 'CAT' $HOME!",
    });
  });
});
