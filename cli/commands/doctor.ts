import { styleText } from "node:util";
import type { Command } from "commander";
import type { Client } from "../../protocol/client/client.ts";
import { type Config, type ConfigFlags, readConfig } from "../settings/config.ts";
import { clientFor } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { checkAgents } from "./doctor-agents.ts";
import { checkLocal } from "./doctor-local.ts";
import { runEcho } from "./doctor-run.ts";
import { checkServer } from "./doctor-server.ts";
import { type Finding, whyText } from "./finding.ts";
import { type CommonFlags, type PoolFlag, serverCommand, withPool } from "./options.ts";

/** Faults that leave the later checks meaningful. */
const HARMLESS = ["clock", "disk", "files", "upgrade", "packs", "index"];

/** `tailrace doctor`: checks the connection to the server and to an agent. Each fault says what to do. */
export function doctorCommand(): Command {
  return withPool(
    serverCommand(
      "doctor",
      "check the server, the key, the clocks, the disk, a pool, its agents, and a run",
      ["tailrace doctor", "tailrace doctor --pool gpu"],
    ),
    "check this pool (default: default)",
  ).action(async ({ pool = "default", ...flags }: CommonFlags & PoolFlag) => {
    const findings = await examine(readConfig(flags), flags, pool);
    if (flags.json) printJson(findings);
    else for (const finding of findings) printFinding(finding);
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  });
}

async function examine(config: Config, { keyFile: key_file }: ConfigFlags, pool: string): Promise<Finding[]> {
  const client = clientFor(config);
  const steps = [
    () => checkServer(config),
    () => checkLocal({ ...config, key_file }, STATE),
    () => checkKey(client, config),
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

/** The state folder of `tailrace start`, in the present folder. */
const STATE = ".tailrace";

async function checkKey(client: Client, { source }: Config): Promise<Finding[]> {
  try {
    const { username, rbac } = await client.user();
    return [{ check: "key", ok: true, text: `the key is ${username}'s (${rbac.roles.join(", ")})` }];
  } catch (error) {
    const advice = `Use this server's key: \`. .tailrace/env\`. The present key comes from: ${source.key}.`;
    return [{ check: "key", ok: false, text: whyText(error), advice }];
  }
}

function printFinding({ ok, check, text, advice }: Finding): void {
  print(`${ok ? styleText("green", "ok   ") : styleText("red", "wrong")} ${check.padEnd(8)} ${text}`);
  if (!ok && advice) print(`               ${advice}`);
}
