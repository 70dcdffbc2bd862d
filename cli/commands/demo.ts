import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import { Command } from "commander";
import type { Client } from "../../protocol/client/client.ts";
import { chunkSize } from "../../protocol/wire/chunk.ts";
import type { EndEvent } from "../../protocol/wire/record.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { COMMAND } from "../base/root.ts";
import type { Local } from "../local/local.ts";
import { exitCodeOf, tail } from "../output/tail.ts";
import { clientFor } from "../settings/connect.ts";
import { bytesText, coloured, print } from "../terminal/print.ts";
import { withExamples } from "./options.ts";

const LINES = 24;
const PAUSE_S = 0.1;

/** The output that the action must write: the demo compares the received count with it. */
const PRODUCED = { stdout: linesOf("stdout", 0), stderr: linesOf("stderr", 1) };

const NEXT = [
  ["start", "run a server and an agent until Ctrl-C"],
  ["run core.local cmd='uname -a' --tail", "run a command, in another terminal in this folder"],
  ["execution list", "list the executions"],
  ["doctor", "check the connection to the server and the agent"],
];

/** `tailrace demo`: starts a server and an agent, follows one action to its last byte, and removes everything again. */
export function demoCommand(): Command {
  return withExamples(
    new Command("demo").description(
      "start a temporary server and agent, run one action and check its output",
    ),
    ["tailrace demo"],
  ).action(async () => {
    const state = mkdtempSync(join(tmpdir(), "tailrace-demo-"));
    // At the process's exit, because that may come early: the reader of stdout can close it at any time.
    process.once("exit", () => rmSync(state, { recursive: true, force: true }));
    const agent_lines: string[] = [];
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
    let local: Local | undefined;
    try {
      step("starting the server and an agent …");
      const started_at = performance.now();
      // Loaded here: the server's modules take a second to load.
      const { findPrograms } = await import("../local/programs.ts");
      const { startLocal } = await import("../local/local.ts");
      const { programs } = await findPrograms();
      local = await startLocal({ port: 0, state, onLine: (line) => agent_lines.push(line) }, programs);
      step(`ready at ${local.url} after ${((performance.now() - started_at) / 1000).toFixed(1)} s`);
      await show(clientFor(local), stop.signal);
    } catch (error) {
      process.stderr.write(`${agent_lines.join("\n")}\n`);
      throw error;
    } finally {
      await local?.stop();
    }
  });
}

async function show(client: Client, signal: AbortSignal): Promise<void> {
  print("");
  print(styleText("bold", `$ tailrace run examples.count count=${LINES} sleep_delay=${PAUSE_S} --tail`));
  const created_at = performance.now();
  const { id } = await client.create({
    action: "examples.count",
    parameters: { count: LINES, sleep_delay: PAUSE_S },
  });
  const received = { stdout: 0, stderr: 0, other: 0 };
  let first_ms: number | undefined;
  const end = await tail(client, id, {
    signal,
    onChunk: (chunk) => {
      first_ms ??= performance.now() - created_at;
      received[chunk.output_type] += chunkSize(chunk);
    },
  });
  if (!end) throw new CliError("Interrupted.", EXIT.interrupted);
  print("");
  print(`status ${coloured(end.status)}, exit code ${end.exit_code}`);
  printVerdict(end, received, first_ms ?? 0);
  print(`
What to try next:
${NEXT.map(([command = "", text]) => `  ${`${COMMAND} ${command}`.padEnd(55)}${text}`).join("\n")}`);
}

function printVerdict(end: EndEvent, received: EndEvent["bytes"], first_ms: number): void {
  const { stdout, stderr } = received;
  const complete =
    stdout === PRODUCED.stdout &&
    stderr === PRODUCED.stderr &&
    end.bytes.stdout === stdout &&
    end.bytes.stderr === stderr;
  if (!complete || end.gaps > 0) {
    throw new CliError(
      `incomplete: ${bytesText(stdout + stderr)} of ${bytesText(PRODUCED.stdout + PRODUCED.stderr)} were received`,
    );
  }
  print(
    `${styleText("green", "complete")}: all ${bytesText(stdout + stderr)} in ${end.last_seq} chunks, the first ${first_ms.toFixed(0)} ms after the request`,
  );
  process.exitCode = exitCodeOf(end);
}

function step(text: string): void {
  process.stderr.write(`${styleText("dim", text, { stream: process.stderr })}\n`);
}

/** Bytes of every second line of `examples.count`. */
function linesOf(stream: string, remainder: number): number {
  let bytes = 0;
  for (let line = 1; line <= LINES; line++)
    if (line % 2 === remainder) bytes += `${stream} line ${line}\n`.length;
  return bytes;
}
