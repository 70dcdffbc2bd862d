// @module-tag util-linux
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import { receive } from "../support/reader.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd | undefined;
const folder = scratch();
const FILES = { large: 10 * 1024 * 1024, binary: 300_000 };
const digests: Record<string, string> = {};

beforeAll(async () => {
  for (const [name, bytes] of Object.entries(FILES)) {
    const content = name === "binary" ? randomBytes(bytes) : Buffer.from(lines(bytes));
    writeFileSync(join(folder, name), content);
    digests[name] = createHash("sha256").update(content).digest("hex");
  }
  if (HAS_SSHD) sshd = await Sshd.start();
  const packs = join(ROOT, "test/fixtures/packs");
  world = await startWorld({ agentArgs: ["--packs", packs, "--ssh-alive-seconds", "1"] });
});
afterAll(async () => {
  await world.stop();
  sshd?.stop();
});

function lines(bytes: number): string {
  let text = "";
  for (let line = 0; text.length < bytes; line++) text += `line ${line} of a large output, which is text\n`;
  return text.slice(0, bytes);
}

type Parameters = Record<string, unknown>;

interface RunnerCase {
  runner: string;
  /** A request that runs shell code with this runner. */
  request: (code: string, more?: Parameters) => CreateExecution;
  /** A request whose interpreter does not exist. */
  broken: () => CreateExecution;
  /** The result without the runner's wrapper. */
  inner: (result: Record<string, unknown>) => unknown;
  isRemote: boolean;
}

const far = (): Parameters => ({ hosts: "127.0.0.1", ...sshd?.login });
const own = (result: Record<string, unknown>) => result;
const ofHost = (result: Record<string, unknown>) => result["127.0.0.1"];

const CASES: RunnerCase[] = [
  {
    runner: "local-shell-cmd",
    request: (cmd, more) => ({ action: "core.local", parameters: { cmd, ...more } }),
    broken: () => ({ action: "core.local", parameters: { cmd: "/no/such/interpreter" } }),
    inner: own,
    isRemote: false,
  },
  {
    runner: "local-shell-script",
    request: (code, more) => ({ action: "matrix.local_script", parameters: { code, ...more } }),
    broken: () => ({ action: "broken.local_script" }),
    inner: own,
    isRemote: false,
  },
  {
    runner: "remote-shell-cmd",
    request: (cmd, more) => ({ action: "core.remote", parameters: { cmd, ...far(), ...more } }),
    broken: () => ({ action: "core.remote", parameters: { cmd: "/no/such/interpreter", ...far() } }),
    inner: ofHost,
    isRemote: true,
  },
  {
    runner: "remote-shell-script",
    request: (code, more) => ({ action: "matrix.remote_script", parameters: { code, ...far(), ...more } }),
    broken: () => ({ action: "broken.remote_script", parameters: far() }),
    inner: ofHost,
    isRemote: true,
  },
  {
    runner: "python-script",
    request: (code, more) => ({ action: "matrix.python", parameters: { code, ...more } }),
    broken: () => ({ action: "broken.python" }),
    inner: own,
    isRemote: false,
  },
];

async function start(request: CreateExecution): Promise<string> {
  return (await world.client.create(request)).id;
}

async function outcome(id: string, inner: RunnerCase["inner"] = own) {
  const received = await receive(world.client, id);
  const { status, result = {}, output } = await world.client.get(id);
  return { status, result: inner(result), output, ...received };
}

/** Ignores the signals of an end, as do its children in its own session and in another. */
const STUBBORN = `trap '' HUP TERM; (trap '' HUP TERM; while :; do sleep 0.1; done) & setsid sh -c "trap '' HUP TERM; while :; do sleep 0.1; done" & echo up; while :; do sleep 0.1; done`;

async function untilUp(id: string): Promise<void> {
  await until("it is up", async () => (await world.client.get(id)).output?.bytes.stdout === 3);
}

function tagsOf({ runner, isRemote }: Pick<RunnerCase, "runner" | "isRemote">): string[] {
  if (runner === "python-script") return ["python3"];
  return isRemote ? SSHD_TAGS : [];
}

for (const { runner, request, broken, inner, isRemote } of CASES) {
  describe(runner, { tags: tagsOf({ runner, isRemote }) }, () => {
    describe.concurrent("runs a program that", () => {
      it("succeeds", async ({ expect }) => {
        const end = await outcome(await start(request("echo out; echo err >&2")), inner);
        expect(end).toMatchObject({
          status: "succeeded",
          result: { stdout: "out", stderr: "err" },
          end: { exit_code: 0 },
          dense: true,
        });
      });

      it("fails", async ({ expect }) => {
        const { status, result } = await outcome(await start(request("echo out; exit 3")), inner);
        expect(status).toBe("failed");
        const python = { exit_code: 0, result: { exit_code: 3 } };
        const shell = { return_code: 3, failed: true, succeeded: false };
        expect(result).toMatchObject({ stdout: "out", ...(runner === "python-script" ? python : shell) });
      });

      it("times out", async ({ expect }) => {
        const { status, result } = await outcome(
          await start(request("echo up; sleep 600", { timeout: 5 })),
          inner,
        );
        expect(status).toBe("timeout");
        expect(result).toMatchObject({ stdout: "up", error: "Action failed to complete in 5 seconds" });
        expect(result).toHaveProperty(runner === "python-script" ? "exit_code" : "return_code", -9);
      });

      it("is canceled, and leaves nothing running, whatever it ignores", async ({ expect }) => {
        const id = await start(request(STUBBORN));
        await untilUp(id);
        expect(markedProcesses(id).length).toBeGreaterThan(2);
        await world.client.cancel(id);
        expect((await outcome(id)).status).toBe("canceled");
        expect(markedProcesses(id)).toEqual([]);
      });

      it.each(Object.keys(FILES))("writes %s output, which arrives byte for byte", async (name) => {
        const { status, sha256, gaps, end } = await outcome(await start(request(`cat ${folder}/${name}`)));
        expect({ status, gaps, bytes: end?.bytes, sha256 }).toEqual({
          status: "succeeded",
          gaps: [],
          bytes: { stdout: FILES[name as keyof typeof FILES], stderr: 0, other: 0 },
          sha256: digests[name],
        });
      });

      it("leaves a grandchild behind, which delays no end", async ({ expect }) => {
        const id = await start(request("(sleep 0.3; echo late; exec sleep 600) & echo early"));
        const { status, result } = await outcome(id, inner);
        expect({ status, result }).toMatchObject({ status: "succeeded", result: { stdout: "early\nlate" } });
        expect(markedProcesses(id)).toHaveLength(1);
        for (const { pid } of markedProcesses(id)) process.kill(pid, "SIGKILL");
      });

      it("has no interpreter", async ({ expect }) => {
        const { status, result } = await outcome(await start(broken()), inner);
        expect(status).toBe("failed");
        expect(JSON.stringify(result)).toMatch(/not found|No such file|ENOENT|bad interpreter/);
      });

      it("gets a parameter that does not fit", async ({ expect }) => {
        await expect(start(request("true", { timeout: "soon" }))).rejects.toMatchObject({ code: "invalid" });
        await expect(start(request("true", { no_such: 1 }))).rejects.toThrow(
          "Additional properties are not allowed ('no_such' was unexpected)",
        );
      });
    });
  });
}

describe("an agent that is killed", { tags: CASES.flatMap(tagsOf) }, () => {
  it("leaves nothing running with any runner, and each execution reports it after the restart", async () => {
    const ids = await Promise.all(CASES.map(({ request }) => start(request(STUBBORN))));
    await Promise.all(ids.map(untilUp));
    await world.agent.stop("SIGKILL");
    await world.agent.start().ready();
    for (const id of ids) {
      const { status, gaps, result } = await outcome(id);
      expect({ status, gaps }).toEqual({
        status: "abandoned",
        gaps: [{ reason: "agent_restarted", bytes: null }],
      });
      expect(result).toMatchObject({ error: "The agent was restarted while it ran the action." });
      await until("nothing of it runs", () => markedProcesses(id).length === 0);
    }
  });
});
