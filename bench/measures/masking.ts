import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { within } from "../load.ts";
import { startTailrace } from "../systems/tailrace.ts";
import { folderBytes, startAgent, stopAgent } from "./agent.ts";

const MEASURE_MS_MAX = 300_000;
const SECRETS = 10_000;
const TEXT_BYTES = 16_000_000;

/** Both runs write in turns, so that they have the same conditions. The first turn warms up. */
const TURNS = 5;
const TEXTS_A_TURN = 4;
const TURN_BYTES = TEXTS_A_TURN * TEXT_BYTES;

/** Bytes of a turn before the clock starts, because the shell polls for its start file. */
const HEAD_BYTES = 1_000_000;

/** The measured program's output: a log, or only beginnings of secrets that do not complete. */
export type MaskedText = "a log's text" | "beginnings of secrets";

/**
 * Megabytes a second from a process's pipe to the agent's spool, without secrets and with ten thousand, in the same agent.
 */
export async function masking(text: MaskedText): Promise<{ none_mb_s: number; masked_mb_s: number }> {
  const server = await startTailrace();
  const agent = await startAgent(server);
  const folder = join(agent.state, "masking");
  mkdirSync(folder);
  const secrets = Array.from({ length: SECRETS }, () => randomBytes(24).toString("base64url"));
  writeFileSync(join(folder, "secrets.json"), JSON.stringify({ values: secrets }));
  writeFileSync(join(folder, "text"), text === "a log's text" ? logText() : beginnings(secrets));
  writeFileSync(join(folder, "register.mjs"), REGISTER);
  const writers = [];
  for (const count of [0, SECRETS]) {
    const register =
      count === 0 ? "true" : `${process.execPath} ${folder}/register.mjs ${folder}/secrets.json`;
    const cmd = `${register} && touch ${folder}/ready-${count}
      turn=0; while [ $turn -lt ${TURNS} ]; do
        until [ -e ${folder}/go-${count}-$turn ]; do sleep 0.02; done
        text=0; while [ $text -lt ${TEXTS_A_TURN} ]; do cat ${folder}/text; text=$((text+1)); done
        turn=$((turn+1))
      done
      exec sleep 600`;
    const { id } = await server.client.create({ action: "core.local", parameters: { cmd, timeout: 600 } });
    // The folder of the execution's first lease.
    const spool = join(agent.state, "spool", `${id}.1`);
    writers.push({ spool, go: join(folder, `go-${count}`), ms: 0 });
    const ready = async () => {
      while (!existsSync(join(folder, `ready-${count}`))) await pause(20);
    };
    await within(ready(), MEASURE_MS_MAX, "the registration of the secrets");
  }
  await server.stop();
  for (let turn = 0; turn < TURNS; turn++) {
    for (const writer of writers) {
      const ms = await spoolTurn(writer.spool, `${writer.go}-${turn}`);
      if (turn > 0) writer.ms += ms;
    }
  }
  await stopAgent(agent);
  const bytes = (TURNS - 1) * (TURN_BYTES - HEAD_BYTES);
  const [none_mb_s = Number.NaN, masked_mb_s = Number.NaN] = writers.map(({ ms }) => bytes / 1000 / ms);
  return { none_mb_s, masked_mb_s };
}

/** Milliseconds of one turn of a run. */
async function spoolTurn(spool: string, go: string): Promise<number> {
  const before = folderBytes(spool);
  writeFileSync(go, "");
  let started = 0;
  const spooled = async () => {
    while (true) {
      const bytes = folderBytes(spool) - before;
      if (bytes > HEAD_BYTES && started === 0) started = performance.now();
      if (bytes >= TURN_BYTES) return performance.now() - started;
      await pause(5);
    }
  };
  return within(spooled(), MEASURE_MS_MAX, "the spool");
}

/** Registers secrets with the agent over the run's own socket. */
const REGISTER = `
import { readFileSync } from "node:fs";
import { request } from "node:http";
const socketPath = process.env.TAILRACE_JOB_SOCKET;
const sent = request({ socketPath, method: "POST", path: "/secrets" }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1);
});
sent.end(readFileSync(process.argv[2]));
`;

function logText(): Buffer {
  const lines: string[] = [];
  for (let bytes = 0, nth = 0; bytes < TEXT_BYTES; nth++) {
    const id = randomBytes(12).toString("hex");
    const line = `2026-11-25T10:42:${String(nth % 60).padStart(2, "0")}.417Z info request ${nth}: GET /v1/executions/${id}/output 200 in ${nth % 97} ms\n`;
    lines.push(line);
    bytes += line.length;
  }
  return Buffer.from(lines.join("")).subarray(0, TEXT_BYTES);
}

/** Beginnings of 4 to 16 characters, one after another. */
function beginnings(secrets: string[]): Buffer {
  const parts: string[] = [];
  for (let bytes = 0, nth = 0; bytes < TEXT_BYTES; nth++) {
    const part = secrets[nth % secrets.length]?.slice(0, 4 + ((nth * 7) % 13)) ?? "";
    parts.push(part, nth % 8 === 0 ? "\n" : "");
    bytes += part.length;
  }
  return Buffer.from(parts.join("")).subarray(0, TEXT_BYTES);
}
