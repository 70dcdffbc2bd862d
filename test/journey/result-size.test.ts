// @module-tag python3
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PARAMETERS_BYTES_MAX, RESULT_BYTES_MAX } from "../../protocol/base/limits.ts";
import { jsonBytes } from "../../protocol/model/result.ts";
import { receive } from "../support/reader.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { tree } from "../support/tree.ts";
import { startWorld, type World } from "../support/world.ts";

const PACKS = tree({
  "large/pack.yaml": "name: large\n",
  "large/actions/python.yaml": `
name: python
runner_type: python-script
entry_point: python.py
parameters:
  bytes: {type: integer, required: true}
  succeeds: {type: boolean, default: true}
  secret: {type: string, secret: true, default: ""}
`,
  "large/actions/python.py": `
from st2common.runners.base_action import Action

class Large(Action):
    def run(self, bytes, succeeds, secret):
        text = secret or "漢"
        size = len(text.encode("utf-8"))
        return succeeds, {"items": [text] * (bytes // (size + 4)), "last": 1}
`,
  "large/actions/flow.yaml": "name: flow\nrunner_type: action-chain\nentry_point: flow.chain.yaml\n",
  "large/actions/flow.chain.yaml": `
chain:
  - name: one
    ref: core.local
    parameters: {cmd: "printf '{\\"id\\": 7, \\"text\\": \\"'; head -c 1200000 /dev/zero | tr '\\\\0' x; printf '\\"}'"}
    on-success: two
  - name: two
    ref: core.local
    parameters: {cmd: "echo {{ one.stdout.id }}; head -c 1200000 /dev/zero | tr '\\\\0' y"}
    on-success: three
  - name: three
    ref: core.local
    parameters: {cmd: "echo {{ two.stdout.splitlines()[0] }}"}
`,
});

let world: World;
let sshd: Sshd | undefined;

beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start({ hosts: 3 });
  world = await startWorld({ agentArgs: ["--packs", PACKS] });
});
afterAll(async () => {
  await world.stop();
  sshd?.stop();
});

async function run(action: string, parameters: Record<string, unknown> = {}) {
  const { id } = await world.client.create({ action, parameters });
  await receive(world.client, id);
  const { status, result = {}, result_size } = await world.client.get(id);
  expect(result_size).toBeLessThanOrEqual(RESULT_BYTES_MAX);
  return { status, result };
}

const MARK = /\n\[\.\.\. (\d+) bytes left out: a result has at most \d+ \.\.\.\]\n/;

/** Writes this many bytes of one letter. */
const letters = (bytes: number, letter: string) => `head -c ${bytes} /dev/zero | tr '\\0' ${letter}`;

describe("a stream in a result", () => {
  it("is complete up to the bound of a row, and decoded if it is JSON", async () => {
    const cmd = `printf '{"text": "'; ${letters(1_700_000, "x")}; printf '"}'`;
    const { status, result } = await run("core.local", { cmd });
    expect(status).toBe("succeeded");
    expect(result.stdout).toEqual({ text: "x".repeat(1_700_000) });
  });

  it("is its head and its tail beyond the bound, with the number of missing bytes, and the run's outcome is kept", async () => {
    const cmd = `echo begin; ${letters(5_000_000, "x")}; echo; echo end; ${letters(5_000_000, "e")} >&2; exit 3`;
    const { status, result } = await run("core.local", { cmd });
    expect({ status, code: result.return_code }).toEqual({ status: "failed", code: 3 });
    const stdout = String(result.stdout);
    expect(stdout).toMatch(
      /^begin\nx+\n\[\.\.\. \d+ bytes left out: a result has at most \d+ \.\.\.\]\nx+\nend$/,
    );
    expect(Number(MARK.exec(stdout)?.[1]) + stdout.replace(MARK, "").length).toBe(
      5_000_000 + "begin\n\nend".length,
    );
    expect(String(result.stderr)).toMatch(MARK);
    expect(jsonBytes(result)).toBeGreaterThan(0.99 * RESULT_BYTES_MAX);
  });

  it("is bounded for characters that JSON writes with six", async () => {
    const cmd = `${letters(1_000_000, "\\\\001")}`;
    const { status, result } = await run("core.local", { cmd });
    expect(status).toBe("succeeded");
    expect(String(result.stdout)).toMatch(MARK);
  });
});

describe("the value of a Python action", () => {
  it("is complete up to the bound of a row", async () => {
    const { status, result } = await run("large.python", { bytes: 1_700_000 });
    expect(status).toBe("succeeded");
    expect(jsonBytes(result.result)).toBeGreaterThan(1_400_000);
    expect(result.result).toMatchObject({ last: 1 });
  });

  it.each([
    { bytes: 3_000_000, succeeds: true },
    { bytes: 3_000_000, succeeds: false },
    { bytes: 30_000_000, succeeds: true },
    { bytes: 30_000_000, succeeds: false },
  ])(
    "of $bytes bytes is shortened, and the status is the action's: $succeeds",
    async ({ bytes, succeeds }) => {
      const { status, result } = await run("large.python", { bytes, succeeds });
      expect(status).toBe(succeeds ? "succeeded" : "failed");
      expect(result.exit_code).toBe(0);
      expect(JSON.stringify(result.result)).toContain("bytes left out");
      expect(JSON.stringify(result.result)).toContain("漢");
    },
  );

  it.each([3_000_000, 30_000_000])("of %i bytes shows no part of a secret at its cut", async (bytes) => {
    const secret = "Zq7-only-in-the-secret-Kp9";
    const { status, result } = await run("large.python", { bytes, secret });
    expect(status).toBe("succeeded");
    const told = JSON.stringify(result);
    for (let at = 0; at + 4 <= secret.length; at++) expect(told).not.toContain(secret.slice(at, at + 4));
  });
});

describe("the result of a parent", () => {
  it("has its children's results, shortened together", { tags: SSHD_TAGS }, async () => {
    const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    const cmd = `echo $SSH_CONNECTION; ${letters(1_500_000, "x")}`;
    const { status, result } = await run("core.remote", { ...sshd?.login, hosts: hosts.join(","), cmd });
    expect(status).toBe("succeeded");
    expect(Object.keys(result)).toEqual(hosts);
    for (const host of hosts) {
      expect(result[host]).toMatchObject({ succeeded: true, stdout: expect.stringMatching(MARK) });
    }
  });

  it("of a chain has its tasks' results, while templates read the complete ones", async () => {
    const { status, result } = await run("large.flow");
    expect(status).toBe("succeeded");
    const tasks = (result.tasks as { result: Record<string, unknown> }[]).map((task) => task.result);
    expect(tasks[0]).toMatchObject({ stdout: { id: 7, text: expect.stringMatching(MARK) } });
    expect(tasks[1]?.stdout).toMatch(MARK);
    expect(tasks[2]).toMatchObject({ stdout: 7 });
  });
});

describe("parameters", () => {
  it("are stored once, as given and as resolved, and run", async () => {
    const { status, result } = await run("core.local", { cmd: `: ${"x".repeat(1_000_000)}; echo run` });
    expect({ status, stdout: result.stdout }).toEqual({ status: "succeeded", stdout: "run" });
  });

  it("beyond the bound of a request are refused at creation with the bound", async () => {
    const parameters = { cmd: "x".repeat(PARAMETERS_BYTES_MAX) };
    await expect(world.client.create({ action: "core.local", parameters })).rejects.toThrow(
      String(PARAMETERS_BYTES_MAX),
    );
  });
});
