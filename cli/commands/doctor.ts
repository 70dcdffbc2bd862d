import { styleText } from "node:util";
import type { Command } from "commander";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { tryJson } from "../../protocol/base/json.ts";
import type { Client } from "../../protocol/client/client.ts";
import { AGENT_RUNNERS } from "../../protocol/model/action.ts";
import type { AgentState } from "../../protocol/wire/agent-state.ts";
import { CLOCK_SKEW_MS_MAX, Health, offsetOf, skewText } from "../../protocol/wire/clock.ts";
import { type Config, readConfig } from "../settings/config.ts";
import { clientFor } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { runEcho } from "./doctor-run.ts";
import { type Finding, whyText } from "./finding.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

const REACH_MS_MAX = 5_000;

/** `tailrace doctor`: checks the connection to the server and to an agent. The first failed check says what to do. */
export function doctorCommand(): Command {
  return serverCommand(
    "doctor",
    "check the server's URL, the key, the clocks, the pool, its agents and their locale",
    ["tailrace doctor"],
  ).action(async (flags: CommonFlags) => {
    const findings = await examine(readConfig(flags));
    if (flags.json) printJson(findings);
    else for (const finding of findings) printFinding(finding);
    if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
  });
}

async function examine(config: Config): Promise<Finding[]> {
  const client = clientFor(config);
  const steps = [
    () => checkServer(config),
    () => checkKey(client, config),
    () => checkAgents(client),
    () => runEcho(client),
  ];
  const findings: Finding[] = [];
  for (const step of steps) {
    findings.push(...(await step()));
    // The later checks depend on the failed one and would only repeat it. No check depends on the clock.
    if (findings.some(({ ok, check }) => !ok && check !== "clock")) break;
  }
  return findings;
}

async function checkServer({ url, source }: Config): Promise<Finding[]> {
  const advice = `Is it running? \`tailrace start\` starts one here. The URL comes from: ${source.url}.`;
  try {
    const asked_ms = Date.now();
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(REACH_MS_MAX) });
    const health = v.safeParse(Health, tryJson(await response.text().catch(() => "")));
    if (!health.success)
      return [{ check: "url", ok: false, text: `${url} answers, but is not Tailrace`, advice }];
    const answered_ms = Date.now();
    const told_ms = Date.parse(health.output.time);
    const { offset_ms, error_ms } = offsetOf({ asked_ms, told_ms, answered_ms });
    const took_ms = answered_ms - asked_ms;
    return [
      { check: "url", ok: true, text: `${url} is Tailrace ${health.output.version}, ${took_ms} ms away` },
      clockFinding("this host", -offset_ms, error_ms),
    ];
  } catch (error) {
    return [{ check: "url", ok: false, text: `${url} does not answer: ${failureText(error)}`, advice }];
  }
}

/** Compares the host's clock with the server's. All times in documents and outputs are the server's. */
function clockFinding(host: string, skew_ms: number, error_ms = 0): Finding {
  const ok = Math.abs(skew_ms) <= CLOCK_SKEW_MS_MAX + error_ms;
  const text = ok
    ? `agrees with the server's to ${Math.max(1, error_ms / 1000).toFixed(0)} s`
    : `is ${skewText(skew_ms)} of the server's`;
  return {
    check: "clock",
    ok,
    text: `the clock of ${host} ${text}`,
    advice:
      "Set the clock: timedatectl set-ntp true. Times in documents and outputs are the server's in any case.",
  };
}

async function checkKey(client: Client, { source }: Config): Promise<Finding[]> {
  try {
    const { username, rbac } = await client.user();
    return [{ check: "key", ok: true, text: `the key is ${username}'s (${rbac.roles.join(", ")})` }];
  } catch (error) {
    const advice = `Use this server's key: \`. .tailrace/env\`. The present key comes from: ${source.key}.`;
    return [{ check: "key", ok: false, text: whyText(error), advice }];
  }
}

async function checkAgents(client: Client): Promise<Finding[]> {
  const advice = "`tailrace start` runs one here; on another host: `tailrace agent --url URL`.";
  let agents: AgentState[];
  try {
    agents = await client.agents();
  } catch (error) {
    return [{ check: "pool", ok: false, text: whyText(error), advice: "Use an admin's key." }];
  }
  if (agents.length === 0) {
    return [{ check: "pool", ok: false, text: 'the pool "default" has no agent', advice }];
  }
  const names = agents.map(({ name, busy, slots }) => `${name} (${busy} of ${slots} slots busy)`).join(", ");
  const missing = AGENT_RUNNERS.filter((runner) => !agents.some(({ runners }) => runners.includes(runner)));
  const clocks = agents.flatMap(({ name, clock_skew_ms: skew_ms = 0 }) =>
    Math.abs(skew_ms) > CLOCK_SKEW_MS_MAX ? clockFinding(`the agent ${name}`, skew_ms) : [],
  );
  return [
    { check: "pool", ok: true, text: `agents: ${names}` },
    ...clocks,
    ...agents.flatMap(unableFinding),
    missing.length === 0
      ? { check: "runners", ok: true, text: `runners: ${AGENT_RUNNERS.join(", ")}` }
      : {
          check: "runners",
          ok: false,
          text: `no agent has ${missing.join(", ")}`,
          advice: "Update the agents.",
        },
  ];
}

/** The reason why an agent takes no new work; its text ends with the remedy. */
function unableFinding({ name, unable }: AgentState): Finding[] {
  return unable === undefined
    ? []
    : [{ check: "agent", ok: false, text: `${name} takes no new work: ${unable}` }];
}

function printFinding({ ok, check, text, advice }: Finding): void {
  print(`${ok ? styleText("green", "ok   ") : styleText("red", "wrong")} ${check.padEnd(8)} ${text}`);
  if (!ok && advice) print(`               ${advice}`);
}
