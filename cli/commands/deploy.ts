import { Command, Option } from "commander";
import { COMMAND } from "../base/root.ts";
import { readSecrets, secretsFile } from "../deploy/account-secrets.ts";
import { PRODUCTION, readEnvironment } from "../deploy/environment.ts";
import { type Deployed, type Deployment, deploy, plan, tryBuild } from "../deploy/steps.ts";
import { findWrangler, WRANGLER_VERSION } from "../deploy/wrangler.ts";
import { deployConfig } from "../deploy/wrangler-config.ts";
import { makePage } from "../local/programs.ts";
import { print, tell } from "../terminal/print.ts";
import { withExamples } from "./options.ts";

interface DeployFlags {
  env: string;
  config: string;
  dryRun?: boolean;
}

/** `tailrace deploy`: brings this release to a Cloudflare account, by wrangler. */
export function deployCommand(): Command {
  return withExamples(
    new Command("deploy").description(
      "deploy to Cloudflare: database, secrets, migrations, Worker; safe to repeat",
    ),
    ["tailrace deploy --dry-run", "tailrace deploy", "tailrace deploy --env staging"],
  )
    .option("--env <name>", "the environment, for example staging", PRODUCTION)
    .addOption(
      new Option("--config <file>", "the file with the settings of the environments").default("deploy.toml"),
    )
    .option("--dry-run", "show each step, and build the Worker; needs no account")
    .action(async ({ env: name, config: file, dryRun = false }: DeployFlags) => {
      const environment = readEnvironment(file, name);
      const config = deployConfig(name, environment);
      const wrangler = findWrangler();
      if (wrangler.is_fetched) tell(`There is no wrangler here: npx gets version ${WRANGLER_VERSION}`);
      const deployment: Deployment = { wrangler, name, environment, file, config, say: print };
      await makePage();
      if (dryRun) await show(deployment);
      else printNext(deployment, await deploy(deployment));
    });
}

async function show(deployment: Deployment): Promise<void> {
  for (const [command, text] of plan(deployment)) print(`wrangler ${command}: ${text}`);
  await tryBuild(deployment);
  print("wrangler builds the Worker with this configuration. Nothing was changed.");
}

/** Prints the address, the first key if it is new, and the next commands. */
function printNext({ file, name }: Deployment, { url, given }: Deployed): void {
  const kept = secretsFile(file, name);
  print(url === undefined ? "wrangler names no address: the account's dashboard has it." : `It is at ${url}`);
  const { TAILRACE_API_KEY: key } = given;
  if (Object.keys(given).length > 0)
    print(`${kept} has its secrets. Keep a copy outside of the account: stored data opens only with them.`);
  if (key !== undefined) print(`The first key, an administrator's: ${key}`);
  if (readSecrets(kept)?.TAILRACE_API_KEY === undefined) return;
  if (key === undefined) print(`The first key is in ${kept}`);
  print("Next:");
  print(`  export TAILRACE_URL=${url ?? "URL"} TAILRACE_API_KEY=${key ?? "KEY"}`);
  print(`  (umask 077 && ${COMMAND} apikey create --role agent --pool default > pool.key)`);
  print(`  ${COMMAND} agent --key-file pool.key`);
}
