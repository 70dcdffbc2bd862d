import { isSea } from "node:sea";
import { failureText, openSentence } from "../protocol/base/failure-text.ts";
import { writeExact } from "../protocol/base/numbers.ts";
import { Agent } from "./agent.ts";
import { log, setLogFormat } from "./base/log.ts";
import { Leaving } from "./leaving.ts";
import { loadPacks, specOf } from "./packs/load.ts";
import { missingVariables } from "./process/environment.ts";
import { Refused } from "./registration.ts";
import { serveSeen } from "./seen/serve.ts";
import { openTracing } from "./seen/tracing.ts";
import { readSettings, type Settings } from "./settings/settings.ts";
import { answerTo } from "./settings/usage.ts";
import { makeFolder } from "./state/make-folder.ts";

/** A host with the executable has no other command. */
const COMMAND = isSea() ? "tailrace-agent" : "tailrace agent";

const answer = answerTo(process.argv.slice(2));
if (answer !== undefined) {
  process.stdout.write(answer);
} else if (process.argv[2] === "read-packs") {
  // For `tailrace pack`: shows the packs of folders as an agent would load them.
  const { packs, ...read } = loadPacks(process.argv.slice(3));
  const shown = [...packs.values()].map((pack) => ({ ...specOf(pack), folder: pack.folder }));
  process.stdout.write(writeExact({ packs: shown, ...read }));
} else {
  await main();
}

async function main(): Promise<void> {
  // Before all else: the agent itself looks for programs, and so do those that it starts.
  Object.assign(process.env, missingVariables(process.env));
  let settings: Settings;
  let agent: Agent;
  try {
    settings = readSettings(process.argv.slice(2), process.env);
    setLogFormat(settings.log_format);
    makeFolder(settings.state);
    agent = new Agent(settings, log, await openTracing(process.env, log));
  } catch (error) {
    process.stderr.write(`${openSentence(failureText(error))}. See: ${COMMAND} --help\n`);
    process.exitCode = 2;
    return;
  }
  try {
    if (settings.metrics !== undefined) await serveSeen(settings.metrics, () => agent.standing);
  } catch (error) {
    process.stderr.write(`${openSentence(failureText(error))}. See: ${COMMAND} --help\n`);
    await agent.stop();
    process.exit(2);
  }
  // Runs continue if the reader of the log closes its end.
  process.stderr.on("error", () => undefined);
  const leaving = new Leaving(agent, settings.drain_timeout_seconds, log);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => leaving.next());
  if (settings.stop_with_stdin) process.stdin.on("end", () => leaving.now()).resume();
  try {
    await agent.run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    process.stderr.write(`${error.message}\n`);
    await agent.stop();
    process.exit(1);
  }
}
