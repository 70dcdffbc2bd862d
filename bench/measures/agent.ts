import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { chunkText } from "../../protocol/wire/chunk.ts";
import { within } from "../load.ts";
import { scratch } from "../scratch.ts";
import { percentile, residentMB } from "../statistics.ts";
import { startTailrace, type TailraceServer } from "../systems/tailrace.ts";

const MEASURE_MS_MAX = 120_000;
const SPOOLED_BYTES = 1_000_000_000;
const FSYNC_BLOCK_BYTES = 400_000_000;
const FSYNC_LINES = 200_000;

interface RunningAgent {
  child: ChildProcess;
  state: string;
}

/** Starts a real agent of a server, and waits until it is ready. */
export async function startAgent(
  { url, client }: TailraceServer,
  more: string[] = [],
): Promise<RunningAgent> {
  const state = scratch();
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  const args = [
    resolve(import.meta.dirname, "../../cli/main.ts"),
    "agent",
    "--url",
    url,
    "--state",
    state,
    "--name",
    "bench",
    "--stop-with-stdin",
    ...more,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TAILRACE_API_KEY: key },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ready = async () => {
    while (!log.includes("agent ready")) await pause(10);
  };
  await within(ready(), 30_000, "the agent");
  return { child, state };
}

/** Milliseconds from a process's write to its pipe until a follower has it, through agent and server: p50 and p99. */
export async function pipeToFollower(measure_ms: number): Promise<{ p50: number; p99: number }> {
  const server = await startTailrace();
  const agent = await startAgent(server);
  const script = join(agent.state, "clock.mjs");
  writeFileSync(
    script,
    `const until = Date.now() + ${measure_ms};
     while (Date.now() < until) {
       process.stdout.write(\`at \${performance.timeOrigin + performance.now()}\\n\`);
       await new Promise((go) => setTimeout(go, 10));
     }`,
  );
  const { id } = await server.client.create({
    action: "core.local",
    parameters: { cmd: `exec ${process.execPath} ${script}` },
  });
  const samples: number[] = [];
  const read = async () => {
    for await (const record of server.client.follow(id, { transport: "websocket" })) {
      const now = performance.timeOrigin + performance.now();
      if ("seq" in record)
        for (const [, at] of chunkText(record).matchAll(/at (\d+\.?\d*)\n/g)) samples.push(now - Number(at));
    }
  };
  await within(read(), MEASURE_MS_MAX, "pipe to follower");
  await stopAgent(agent);
  await server.stop();
  samples.splice(0, 20);
  return { p50: percentile(samples, 50), p99: percentile(samples, 99) };
}

/** Peak resident MB of an agent that spools 1 GB while the server is away, and MB a second from pipe to spool. */
export function spoolAlone(): Promise<{ peak_mb: number; mb_s: number }> {
  return spooling([], `yes ${"x".repeat(99)} | head -c ${SPOOLED_BYTES}`, SPOOLED_BYTES);
}

/** MB a second from pipe to spool with each fsync policy, for blocks and for lines that are written one by one. */
export async function fsyncPolicies(): Promise<Record<string, number>> {
  const measured: Record<string, number> = {};
  for (const policy of ["never", "interval", "always"]) {
    const args = ["--fsync", policy];
    const blocks = `yes ${"x".repeat(99)} | head -c ${FSYNC_BLOCK_BYTES}`;
    const lines = `${process.execPath} -e 'for (let line = 0; line < ${FSYNC_LINES}; line++) require("node:fs").writeSync(1, "${"x".repeat(99)}\\n")'`;
    measured[`${policy}, blocks, MB/s`] = (await spooling(args, blocks, FSYNC_BLOCK_BYTES)).mb_s;
    measured[`${policy}, lines, MB/s`] = (await spooling(args, lines, FSYNC_LINES * 100)).mb_s;
  }
  return measured;
}

/** Measures the agent's spooling of a program's output while the server is away. */
async function spooling(
  args: string[],
  cmd: string,
  bytes: number,
): Promise<{ peak_mb: number; mb_s: number }> {
  const server = await startTailrace();
  const agent = await startAgent(server, args);
  const pid = agent.child.pid ?? 0;
  const parameters = { cmd: `sleep 2; ${cmd}; sleep 600`, timeout: 600 };
  await server.client.create({ action: "core.local", parameters });
  const folder = join(agent.state, "spool");
  while (readdirSync(folder).length === 0) await pause(10);
  await server.stop();
  let peak_mb = 0;
  let started = 0;
  let before = 0;
  const spooled = async () => {
    while (true) {
      peak_mb = Math.max(peak_mb, residentMB(pid));
      const now = folderBytes(folder);
      if (now > bytes / 100 && started === 0) {
        started = performance.now();
        before = now;
      }
      if (now >= bytes) return;
      await pause(20);
    }
  };
  await within(spooled(), MEASURE_MS_MAX, "the spool");
  const mb_s = (bytes - before) / 1e6 / ((performance.now() - started) / 1000);
  await stopAgent(agent);
  return { peak_mb, mb_s };
}

/** Ends an agent and its runs. */
export async function stopAgent({ child }: RunningAgent): Promise<void> {
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
}

/** Bytes of all files below a folder. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
