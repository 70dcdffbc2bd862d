import { join } from "node:path";
import { styleText } from "node:util";
import type { Command } from "commander";
import type { Client } from "../../protocol/client/client.ts";
import { type Config, type ConfigFlags, readConfig } from "../settings/config.ts";
import { clientFor } from "../settings/connect.ts";
import { withState } from "../settings/server-config.ts";
import { print, printJson } from "../terminal/print.ts";
import { checkAgents } from "./doctor-agents.ts";
import { checkLocal, type LocalState } from "./doctor-local.ts";
import { runEcho } from "./doctor-run.ts";
import { checkServer } from "./doctor-server.ts";
import { type Finding, whyText } from "./finding.ts";
import { type CommonFlags, type PoolFlag, serverCommand, withPool } from "./options.ts";

interface Flags extends CommonFlags, PoolFlag {
  state: string;
}

/** Faults that leave the later checks meaningful. */
const HARMLESS = ["clock", "disk", "files", "upgrade", "packs", "index"];

/** `tailrace doctor`: checks the connection to the server and to an agent. Each fault says what to do. */
export function doctorCommand(): Command {
  const command = withPool(
    serverCommand(
      "doctor",
      "check the server, the key, the clocks, the disk, a pool, its agents, and a run",
      ["tailrace doctor", "tailrace doctor --pool gpu", "tailrace doctor --state /var/lib/tailrace"],
    ),
    "check this pool (default: default)",
  );
  return withState(command).action(async ({ pool = "default", state, ...flags }: Flags) => {
    const is_named = command.getOptionValueSource("state") !== "default";
    const findings = await examine(readConfig(flags), flags, pool, { folder: state, is_named });
    if (flags.json) printJson(findings);
    else for (const finding of findings) printFinding(finding);
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  });
}

async function examine(
  config: Config,
  { keyFile: key_file }: ConfigFlags,
  pool: string,
  state: LocalState,
): Promise<Finding[]> {
  const client = clientFor(config);
  const steps = [
    () => checkServer(config),
    () => checkLocal({ ...config, key_file }, state),
    () => checkKey(client, config, state.folder),
    () => checkAgents(client, pool),
    () => runEcho(client, config, pool),
  ];
  const findings: Finding[] = [];
  for (const step of steps) {
    findings.push(...(await step()));
    // The later checks depend on the failed one and would only repeat it.
    if (findings.some(({ ok, check }) => !ok && !HARMLESS.includes(check))) break;
  }
  return findings;
}

async function checkKey(client: Client, { source }: Config, state: string): Promise<Finding[]> {
  try {
    const { username, rbac } = await client.user();
    return [{ check: "key", ok: true, text: `the key is ${username}'s (${rbac.roles.join(", ")})` }];
  } catch (error) {
    const advice = `Use this server's key: \`. ${join(state, "env")}\`. The present key comes from: ${source.key}.`;
    return [{ check: "key", ok: false, text: whyText(error), advice }];
  }
}

function printFinding({ ok, check, text, advice }: Finding): void {
  print(`${ok ? styleText("green", "ok   ") : styleText("red", "wrong")} ${check.padEnd(8)} ${text}`);
  if (!ok && advice) print(`               ${advice}`);
}
