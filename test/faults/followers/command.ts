import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { readRecord } from "../../../protocol/wire/record.ts";
import { COMMAND_LINE } from "../../support/built-programs.ts";
import { ROOT } from "../../support/scratch.ts";
import type { Outcome } from "../facts.ts";
import { type Reading, untilEnded } from "./reading.ts";
import { errorIn } from "./told.ts";

/** Follows with the command line, in its own process. If it ends before the log's end, it runs again with the cursor. */
export function readByCommand(reading: Reading): Promise<Outcome> {
  const { recording, pace, signal } = reading;
  return untilEnded(reading, async () => {
    const child = spawn(process.execPath, [COMMAND_LINE, ...wordsOf(reading)], {
      cwd: ROOT,
      env: { ...process.env, TAILRACE_URL: reading.to.url, TAILRACE_API_KEY: reading.to.key },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      killSignal: "SIGKILL",
    });
    const exited = once(child, "close");
    // The exit reports it too.
    exited.catch(() => undefined);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const record = readRecord(line);
      if (record) recording.take(record);
      if (recording.hasEnded || !(await pace.rest())) continue;
      child.kill("SIGKILL");
      break;
    }
    await exited;
    if (recording.hasEnded) return "ended";
    if (child.signalCode === "SIGKILL") return "left";
    throw errorIn(said);
  });
}

function wordsOf({ execution, recording, type, tail }: Reading): string[] {
  const after = recording.cursor;
  return [
    "execution",
    "tail",
    execution,
    "--json",
    ...(after === undefined ? ["--lines", String(tail ?? 0)] : ["--after", String(after)]),
    ...(type === undefined ? [] : ["--type", type]),
  ];
}
