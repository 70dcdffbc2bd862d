import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readSecrets, secretsFor } from "../../cli/deploy/account-secrets.ts";
import { readEnvironment, writeDatabaseId } from "../../cli/deploy/environment.ts";
import { findWrangler, reasonOf, runWrangler, WRANGLER_VERSION } from "../../cli/deploy/wrangler.ts";
import { deployConfig } from "../../cli/deploy/wrangler-config.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { FakeAccount } from "../support/fake-account.ts";
import { afterTest, ROOT, scratch } from "../support/world.ts";

const MIGRATIONS = readdirSync(join(ROOT, "migrations"));

/** Ten calls of wrangler: 16 s of processor time, and several times as long on a busy machine. */
const DEPLOYMENTS_MS_MAX = 240_000;

describe("deploying", () => {
  it(
    "brings everything to an empty account, and goes on after a failure where it stopped",
    async () => {
      const account = await FakeAccount.open();
      const cwd = scratch();
      const env = { ...bareEnvironment(), ...account.environment };
      const deploy = () => runCommandLine(["deploy"], { cwd, env });
      account.refuses_worker = true;
      const failed = await deploy();
      expect(failed).toMatchObject({ code: 1 });
      expect(failed.stderr).toMatch(
        /^wrangler deploy has failed: .*unknown error.*Run the same command again.*\n$/,
      );
      const [database] = account.databases.values();
      expect(database?.name).toBe("tailrace-index");
      expect(database?.sql.prepare("SELECT name FROM d1_migrations ORDER BY id").all()).toEqual(
        MIGRATIONS.map((name) => ({ name })),
      );
      expect(readFileSync(join(cwd, "deploy.toml"), "utf8")).toBe(
        `[production]\ndatabase_id = "${database?.uuid}"\n`,
      );
      const kept = join(cwd, "deploy-production.secrets.json");
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      const secrets: Record<string, string> = JSON.parse(readFileSync(kept, "utf8"));
      expect(Object.fromEntries(account.secrets)).toEqual(secrets);

      account.refuses_worker = false;
      account.secrets.delete("TAILRACE_API_KEY");
      const { code, stdout, stderr } = await deploy();
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("It is at https://tailrace.example.workers.dev\n");
      expect(stdout).toContain(`The first key, an administrator's: ${secrets.TAILRACE_API_KEY}\n`);
      expect(stdout).not.toContain(secrets.TAILRACE_SECRET);
      expect(account.databases.size).toBe(1);
      expect(account.given).toEqual([["TAILRACE_API_KEY", "TAILRACE_SECRET"], ["TAILRACE_API_KEY"]]);
      expect(Object.fromEntries(account.secrets)).toEqual(secrets);
      const bindings = account.worker?.bindings as { name: string; type: string; id?: string }[];
      expect(bindings.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["EXECUTION", "RUNNER_POOL", "RELAY", "ASSETS", "OUTPUT_TTL_DAYS"]),
      );
      expect(bindings).toContainEqual({ name: "INDEX", type: "d1", id: database?.uuid });
    },
    DEPLOYMENTS_MS_MAX,
  );

  it("gives nothing to an account that lacks the environment's database", async () => {
    const account = await FakeAccount.open();
    const cwd = scratch();
    const id = "6d27d964-07da-4e92-a636-a8b2cfa5b680";
    writeFileSync(join(cwd, "deploy.toml"), `[production]\ndatabase_id = "${id}"\n`);
    const env = { ...bareEnvironment(), ...account.environment };
    const refused = await runCommandLine(["deploy"], { cwd, env });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/has no database 6d27.*deploy\.toml.*CLOUDFLARE_ACCOUNT_ID\.\n$/);
    expect(account.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
    expect(readdirSync(cwd)).toEqual(["deploy.toml"]);
  }, 60_000);

  it("notes the secrets that it makes, and none that the account has already", () => {
    const file = join(scratch(), "deploy-production.secrets.json");
    const key = secretsFor(file, ["TAILRACE_API_KEY"]);
    expect(Object.keys(key)).toEqual(["TAILRACE_API_KEY"]);
    expect(readSecrets(file)).toEqual(key);
    const secret = secretsFor(file, ["TAILRACE_SECRET"]);
    expect(readSecrets(file)).toEqual({ ...key, ...secret });
    expect(secretsFor(file, ["TAILRACE_API_KEY", "TAILRACE_SECRET"])).toEqual({ ...key, ...secret });
    writeFileSync(file, "{}");
    expect(() => readSecrets(file)).toThrow(/has no secrets/);
  });

  it("shows each step in a dry run, builds the Worker, and calls no account", async () => {
    const account = await FakeAccount.open();
    const cwd = scratch();
    writeFileSync(join(cwd, "deploy.toml"), '[staging]\nlocation = "weur"\ndomains = ["a.example.com"]\n');
    const env = { ...bareEnvironment(), ...account.environment };
    const dry = await runCommandLine(["deploy", "--env", "staging", "--dry-run"], { cwd, env });
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout.split("\n").map((line) => line.split(":")[0])).toEqual([
      "wrangler d1 list",
      "wrangler d1 create tailrace-index-staging --location weur",
      "wrangler secret list",
      "wrangler secret bulk",
      "wrangler d1 migrations apply INDEX --remote",
      "wrangler deploy",
      "wrangler builds the Worker with this configuration. Nothing was changed.",
      "",
    ]);
    // Wrangler asks no question about a domain that another Worker has.
    expect(dry.stdout).toContain("at a.example.com, taken from any other Worker or DNS record that has it\n");
    expect(account.calls).toEqual([]);
    expect(readdirSync(cwd)).toEqual(["deploy.toml"]);
  }, 60_000);

  it("says in one line that wrangler or a sign-in is missing", async () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(devDependencies.wrangler).toBe(WRANGLER_VERSION);
    const named = readFileSync(join(ROOT, "docs/deploy.md"), "utf8").match(/wrangler@[\d.]+\d/g);
    expect([...new Set(named)]).toEqual([`wrangler@${WRANGLER_VERSION}`]);
    const without = findWrangler([scratch()]);
    expect(without).toMatchObject({ is_fetched: true, args: ["--yes", `wrangler@${WRANGLER_VERSION}`] });
    const nowhere = { ...without, file: join(scratch(), "npx") };
    await expect(runWrangler(nowhere, { args: ["whoami"] })).rejects.toThrow(
      `Install it: npm install wrangler@${WRANGLER_VERSION}`,
    );
    const signed_out = await runCommandLine(["deploy"], { cwd: scratch(), env: bareEnvironment() });
    expect(signed_out).toMatchObject({ code: 1, stdout: "" });
    expect(signed_out.stderr).toMatch(/^wrangler d1 list has failed: .*CLOUDFLARE_API_TOKEN.*\n$/);
  }, 60_000);

  it("keeps the classes of earlier releases: a step is added, in a release of its own", () => {
    const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const steps = [...text.matchAll(/^tag = "(\w+)"\nnew_sqlite_classes = (.+)$/gm)];
    expect(
      steps.map(([, tag, classes]) => `${tag} ${classes}`),
      "docs/deploy.md#rolling-back",
    ).toEqual([
      'v1 ["Execution", "RunnerPool"]',
      'v2 ["EventHub"]',
      'v3 ["Credential"]',
      'v4 ["TemplateEngine"]',
      'v5 ["Relay"]',
    ]);
  });
});

describe("an environment", () => {
  const configOf = (...given: Parameters<typeof deployConfig>) => {
    const { text, ...rest } = deployConfig(...given);
    return { ...rest, made: JSON.parse(text("an-id")) };
  };

  it("of production has the names of wrangler.toml, and all else of it", () => {
    const { worker, database, made } = configOf("production", {});
    expect({ worker, database }).toEqual({ worker: "tailrace", database: "tailrace-index" });
    expect(made).toMatchObject({
      main: join(ROOT, "src/worker.ts"),
      d1_databases: [{ binding: "INDEX", database_id: "an-id", migrations_dir: join(ROOT, "migrations") }],
      assets: { directory: join(ROOT, "web/dist"), run_worker_first: true },
      compatibility_flags: expect.arrayContaining(["nodejs_compat"]),
    });
    expect(made).not.toHaveProperty("routes");
  });

  it("has its own names, domains and settings, and no address beside the domains", () => {
    const { made } = configOf("staging", {
      domains: ["staging.example.com", "agents.example.com"],
      vars: { OUTPUT_TTL_DAYS: 1 },
    });
    expect(made).toMatchObject({
      name: "tailrace-staging",
      routes: [
        { pattern: "staging.example.com", custom_domain: true },
        { pattern: "agents.example.com", custom_domain: true },
      ],
      workers_dev: false,
      preview_urls: false,
      vars: { OUTPUT_TTL_DAYS: 1, RELAY_LEVELS: 2 },
    });
    expect(() => deployConfig("staging", { vars: { OUTPUT_TTL: 1 } })).toThrow(/OUTPUT_TTL is no setting/);
    expect(() => deployConfig("staging", { vars: { toString: 1 } })).toThrow(/toString is no setting/);
  });

  it("may name a collector for traces, but no headers with its key", () => {
    const vars = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com" };
    expect(configOf("production", { vars }).made.vars).toMatchObject(vars);
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: "x-key=a" };
    expect(() => deployConfig("staging", { vars: headers })).toThrow(
      "npx wrangler secret put OTEL_EXPORTER_OTLP_HEADERS --name tailrace-staging",
    );
  });

  it("takes no address that wrangler.toml names from production", () => {
    const file = join(scratch(), "wrangler.toml");
    const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    writeFileSync(file, `routes = [{ pattern = "a.example.com", custom_domain = true }]\n${text}`);
    const routesOf = (name: string) => JSON.parse(deployConfig(name, {}, file).text("an-id")).routes;
    expect(routesOf("production")).toHaveLength(1);
    expect(routesOf("staging")).toBeUndefined();
  });

  it("keeps the file as it is but for the database's id", () => {
    const file = join(scratch(), "deploy.toml");
    const id = "6d27d964-07da-4e92-a636-a8b2cfa5b680";
    writeFileSync(file, '# ours\n[staging] # for tests\ndomains = ["staging.example.com"]');
    writeDatabaseId(file, "production", id);
    writeDatabaseId(file, "staging", id);
    const line = `database_id = "${id}"`;
    expect(readFileSync(file, "utf8")).toBe(
      `# ours\n[staging] # for tests\n${line}\ndomains = ["staging.example.com"]\n[production]\n${line}\n`,
    );
    expect(readEnvironment(file, "staging")).toEqual({ domains: ["staging.example.com"], database_id: id });
    // A name of JavaScript's own objects is no environment of the file.
    expect(readEnvironment(file, "constructor")).toEqual({});
  });

  it.each(["[staging]", "[staging]\r\n", "  [ staging ]\n", "[staging.vars]\nRBAC_ENABLED = true\n"])(
    "gets the database's id into %j",
    (text) => {
      const file = join(scratch(), "deploy.toml");
      const id = "6d27d964-07da-4e92-a636-a8b2cfa5b680";
      writeFileSync(file, text);
      writeDatabaseId(file, "staging", id);
      expect(readEnvironment(file, "staging").database_id).toBe(id);
    },
  );

  it.each(["staging = {}\n", 'staging.location = "weur"\n', '["staging"]\n'])(
    "without a line for the database's id stays as it is: %j",
    (text) => {
      const file = join(scratch(), "deploy.toml");
      writeFileSync(file, text);
      expect(() => writeDatabaseId(file, "staging", "6d27d964-07da-4e92-a636-a8b2cfa5b680")).toThrow(
        /has no line \[staging\].* Add it there: database_id = /,
      );
      expect(readFileSync(file, "utf8")).toBe(text);
    },
  );

  it.each([
    ["[staging]\nregion = 1", "staging", /deploy\.toml cannot be used: .*region/s],
    ['[staging]\ndomains = ["https://a.example"]', "staging", /give a domain/],
    ["[staging", "staging", /deploy\.toml cannot be used: /],
    ["", "A b", /small letters.*--env staging/],
  ])("is refused in one line: %j", (text, name, reason) => {
    const file = join(scratch(), "deploy.toml");
    writeFileSync(file, text);
    expect(() => readEnvironment(file, name)).toThrow(reason);
    expect(() => readEnvironment(file, name)).not.toThrow(/\n/);
  });
});

it("wrangler chooses no environment of its own by a variable", async () => {
  vi.stubEnv("CLOUDFLARE_ENV", "other");
  afterTest(() => vi.unstubAllEnvs());
  const shows = { is_fetched: false, file: process.execPath, args: ["-p", "process.env.CLOUDFLARE_ENV"] };
  expect(await runWrangler(shows, { args: [] })).toMatchObject({ ok: true, stdout: "undefined\n" });
});

it("wrangler's reason is one line, without its frame", () => {
  const stderr =
    '\u001b[31m✘ \u001b[41m[\u001b[97mERROR\u001b[41m]\u001b[0m A request failed.\n\n  no [code: 7003]\n\n  If you think this is a bug, open an issue\n🪵  Logs were written to "x"\n';
  expect(reasonOf({ ok: false, stdout: "", stderr })).toBe("A request failed. no [code: 7003]");
  expect(reasonOf({ ok: false, stdout: "", stderr: "" })).toBe("it says nothing");
});
