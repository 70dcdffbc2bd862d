import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { tryJson } from "../../protocol/base/json.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { type AccountSecrets, REQUIRED, secretsFile, secretsFor } from "./account-secrets.ts";
import { type Environment, writeDatabaseId } from "./environment.ts";
import { demandWrangler, reasonOf, runWrangler, type Wrangler } from "./wrangler.ts";
import type { DeployConfig } from "./wrangler-config.ts";

/** What is deployed, and how. */
export interface Deployment {
  wrangler: Wrangler;
  /** The environment's name, its settings, and the file that has them. */
  name: string;
  environment: Environment;
  file: string;
  config: DeployConfig;
  /** Shows that a step is done. */
  say: (text: string) => void;
}

/** A deployed Worker. */
export interface Deployed {
  /** Its address; undefined if wrangler names none. */
  url: string | undefined;
  /** The secrets that the account has been given now. */
  given: AccountSecrets;
}

/** The commands of a deployment, in their order, with what each does. */
export function plan({ config, environment, file, name }: Deployment): [command: string, text: string][] {
  const { database, worker } = config;
  const create = ["d1 create", database, ...locationOf(environment)].join(" ");
  const found: [string, string][] =
    config.database_id === undefined
      ? [
          ["d1 list", `look for the database ${database}`],
          [create, `if there is none; its id goes into ${file}`],
        ]
      : [["d1 list", `look whether the account has the database ${database}`]];
  return [
    ...found,
    ["secret list", `see which secrets the Worker ${worker} has`],
    [
      "secret bulk",
      `those of ${REQUIRED.join(" and ")} that it lacks, over stdin, from ${secretsFile(file, name)}`,
    ],
    [`d1 migrations apply INDEX --remote`, `the migrations that ${database} lacks`],
    ["deploy", deployText(worker, environment)],
  ];
}

function deployText(worker: string, { domains = [] }: Environment): string {
  const text = `the Worker ${worker}`;
  return domains.length === 0
    ? text
    : `${text} at ${domains.join(" and ")}, taken from any other Worker or DNS record that has it`;
}

/** Does what is not done yet, in the order in which a failure leaves the earlier Worker serving. */
export async function deploy(deployment: Deployment): Promise<Deployed> {
  const { config, say } = deployment;
  return inFolder(async (folder) => {
    const at = configIn(folder);
    writeFileSync(at.file, config.text(config.database_id));
    const id = await databaseOf(deployment, at.args);
    writeFileSync(at.file, config.text(id));
    const given = await giveSecrets(deployment, at.args);
    await demandWrangler(deployment.wrangler, {
      args: ["d1", "migrations", "apply", "INDEX", "--remote", ...at.args],
    });
    say(`the database ${config.database} has every migration`);
    const notes = join(folder, "notes");
    await demandWrangler(deployment.wrangler, { args: ["deploy", ...at.args], notes });
    say(`the Worker ${config.worker} is deployed`);
    return { url: addressOf(deployment.environment, notes), given };
  });
}

/** Builds the Worker as a deployment would, without an account. */
export async function tryBuild({ wrangler, config }: Deployment): Promise<void> {
  await inFolder(async (folder) => {
    const at = configIn(folder);
    writeFileSync(at.file, config.text(config.database_id));
    await demandWrangler(wrangler, { args: ["deploy", "--dry-run", ...at.args] });
  });
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-deploy-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configIn(folder: string): { file: string; args: string[] } {
  const file = join(folder, "wrangler.json");
  return { file, args: ["--config", file] };
}

const Databases = v.array(v.object({ uuid: v.string(), name: v.string() }));

/** The id of the database, which is made if the account has none. An account without the known one is another account, and gets nothing. */
async function databaseOf(deployment: Deployment, args: string[]): Promise<string> {
  const { config, file, name } = deployment;
  const { database, database_id } = config;
  const listed = await databasesOf(deployment, args);
  if (database_id !== undefined) {
    if (listed.some(({ uuid }) => uuid === database_id)) return database_id;
    throw new CliError(
      `The account has no database ${database_id}, the one of this environment (${file}). Nothing is changed. Sign in to the account that has it, or set CLOUDFLARE_ACCOUNT_ID.`,
    );
  }
  const id = idIn(listed, database) ?? (await makeDatabase(deployment, args));
  writeDatabaseId(file, name, id);
  return id;
}

async function makeDatabase(deployment: Deployment, args: string[]): Promise<string> {
  const { config, environment, wrangler, say } = deployment;
  const { database } = config;
  const create = ["d1", "create", database, ...locationOf(environment), "--update-config=false"];
  await demandWrangler(wrangler, { args: [...create, ...args] });
  const id = idIn(await databasesOf(deployment, args), database);
  if (id === undefined)
    throw new CliError(
      `wrangler has made the database ${database}, and does not list it. Run the same command again.`,
    );
  say(`the database ${database} is made`);
  return id;
}

function idIn(listed: v.InferOutput<typeof Databases>, database: string): string | undefined {
  return listed.find(({ name }) => name === database)?.uuid;
}

async function databasesOf(
  { wrangler }: Deployment,
  args: string[],
): Promise<v.InferOutput<typeof Databases>> {
  const listed = v.safeParse(
    Databases,
    tryJson(await demandWrangler(wrangler, { args: ["d1", "list", "--json", ...args] })),
  );
  if (listed.success) return listed.output;
  throw new CliError(
    "wrangler d1 list --json has printed no list of databases. Install the version of wrangler that package.json names.",
  );
}

function locationOf({ location }: Environment): string[] {
  return location === undefined ? [] : ["--location", location];
}

const Secrets = v.array(v.object({ name: v.string() }));

/** Gives the account the secrets that it lacks. One that it has stays: what is sealed opens only with it. */
async function giveSecrets(
  { wrangler, config, file, name, say }: Deployment,
  args: string[],
): Promise<AccountSecrets> {
  const ran = await runWrangler(wrangler, { args: ["secret", "list", ...args] });
  // A Worker that does not exist yet has none. The next call makes it.
  const is_new = !ran.ok && /Worker ".*" not found/.test(reasonOf(ran));
  if (!ran.ok && !is_new)
    throw new CliError(
      `wrangler secret list has failed: ${reasonOf(ran)}. Run the same command again once the cause is gone.`,
    );
  const listed = v.safeParse(Secrets, is_new ? [] : tryJson(ran.stdout));
  if (!listed.success)
    throw new CliError(
      "wrangler secret list has printed no list of secrets. Install the version of wrangler that package.json names.",
    );
  const missing = REQUIRED.filter((one) => !listed.output.some((secret) => secret.name === one));
  if (missing.length === 0) return {};
  const given = secretsFor(secretsFile(file, name), missing);
  await demandWrangler(wrangler, { args: ["secret", "bulk", ...args], input: JSON.stringify(given) });
  say(`the Worker ${config.worker} has the secrets ${missing.join(" and ")}`);
  return given;
}

const Note = v.object({ type: v.literal("deploy"), targets: v.array(v.string()) });

/** The address that agents and readers use. */
function addressOf({ domains: [domain] = [] }: Environment, notes: string): string | undefined {
  if (domain !== undefined) return `https://${domain}`;
  const lines = (readOptional(notes) ?? "").split("\n").map((line) => v.safeParse(Note, tryJson(line)));
  const targets = lines.flatMap(({ success, output }) => (success ? output.targets : []));
  return targets.find((target) => target.startsWith("https://"));
}
