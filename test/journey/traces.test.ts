import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { COMMAND_LINE, SOURCES } from "../support/built-programs.ts";
import { Collector, treeOf } from "../support/collector.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { afterTest, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

/** The spans that end last, without those of a command. */
const BOTH = ["execution core.noop", "run core.noop"];

const SECRET = "a-parameter-that-no-span-has";

let collector: Collector;
let world: World;
let traced: NodeJS.ProcessEnv;

beforeAll(async () => {
  collector = await new Collector().start();
  traced = { ...process.env, ...variables() };
  world = await startWorld({ vars: variables(), agentEnv: traced });
});
afterAll(async () => {
  await world?.stop();
  collector?.close();
});
beforeEach(() => {
  collector.mode = "take";
});

function variables() {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-team=a%20b",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  };
}

/** Runs an action with the command line. Returns its execution's id and its exit code. */
async function run(
  args: string[],
  env: NodeJS.ProcessEnv = { ...userEnvironment(world), ...variables() },
  program = COMMAND_LINE,
) {
  const began_ms = performance.now();
  const { code, stdout, stderr } = await runCommandLine(["run", ...args, "--json"], { env, program });
  const [, id = ""] = /"id": "([\da-f]{24})"/.exec(stdout) ?? [];
  return { id, code, stderr, took_ms: performance.now() - began_ms };
}

/** The spans of an execution's trace, once those have come that end last. Requests that only read are left out. */
async function traceOf(id: string, ...last: string[]) {
  const found = () => collector.traceOf(id).filter(({ name }) => !name.startsWith("GET "));
  await until(`the spans have come: ${last}`, () =>
    last.every((wanted) => found().some(({ name }) => name === wanted)),
  );
  return found();
}

it("a run is one trace, from the command to the report of its end", async () => {
  const { id, code } = await run(["core.local", `cmd=echo ${SECRET}; echo $TRACEPARENT >&2; env; exit 3`]);
  expect(code).toBe(3);
  const found = await world.client.get(id);
  const spans = await traceOf(id, "tailrace run", "execution core.local", "run core.local");
  expect(treeOf(spans)).toEqual([
    "tailrace run",
    "  POST /api/v1/executions",
    "    execution core.local",
    "      queue",
    "      run core.local",
    "        lease",
    "        prepare",
    "        process",
    "        report",
  ]);
  const of = (name: string) => spans.find((span) => span.name === name);
  expect(of("tailrace run")).toMatchObject({
    service: "tailrace-cli",
    failed: true,
    attributes: { "tailrace.execution.id": id, "tailrace.action": "core.local", "process.exit.code": 3 },
  });
  expect(of("execution core.local")).toMatchObject({
    service: "tailrace-server",
    failed: true,
    attributes: {
      "tailrace.execution.id": id,
      "tailrace.action": "core.local",
      "tailrace.runner": "local-shell-cmd",
      "tailrace.pool": "default",
      "tailrace.status": "failed",
      "tailrace.agent": "test",
      "process.exit.code": 3,
    },
  });
  expect(of("run core.local")).toMatchObject({
    service: "tailrace-agent",
    attributes: { "tailrace.status": "failed", "tailrace.run.end": "ended", "process.exit.code": 3 },
  });
  // The program continues the trace, and gets nothing else of the agent's tracing.
  const own = of("run core.local");
  expect(found.result).toMatchObject({ stderr: `00-${own?.trace}-${own?.id}-01` });
  expect(String(found.result?.stdout)).not.toContain("OTEL_");
  for (const span of spans) expect(span.end_ms).toBeGreaterThanOrEqual(span.start_ms);
  const sent = collector.bodies.join();
  expect(sent).toContain("deployment.environment.name");
  expect(sent).not.toContain(SECRET);
  expect(sent).not.toContain(world.server.apiKey);
  expect(new Set(collector.headers.map((headers) => headers["x-team"]))).toEqual(new Set(["a b"]));
});

it("a trace begins where the first traced part is, and follows its sampling", async () => {
  // A program that is traced elsewhere starts a command without a collector of its own.
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const TRACEPARENT = `00-${trace}-b7ad6b7169203331-01`;
  const joined = await run(["core.noop"], { ...userEnvironment(world), TRACEPARENT });
  const spans = await traceOf(joined.id, ...BOTH);
  expect(new Set(spans.map((span) => span.trace))).toEqual(new Set([trace]));
  expect(treeOf(spans)[0]).toBe("POST /api/v1/executions");
  // A request without a trace begins one.
  const { id } = await world.client.create({ action: "core.noop" });
  expect(treeOf(await traceOf(id, ...BOTH))[0]).toBe("POST /api/v1/executions");
  // A request without a valid credential makes no span, also if it is answered before the credential is read.
  const lost = { traceparent: `00-${trace.replace("0", "2")}-b7ad6b7169203331-01`, "st2-api-key": "wrong" };
  const statusOf = async (init: RequestInit) =>
    (await fetch(`${world.server.url}/api/v1/executions`, init)).status;
  expect(await statusOf({ headers: lost })).toBe(401);
  expect(await statusOf({ headers: lost, method: "OPTIONS" })).toBe(200);
  expect(await statusOf({ headers: { ...lost, "tailrace-protocol": "none" } })).toBe(400);
  // A trace that is not sampled leaves no span.
  const dark = `00-${trace.replace("0", "1")}-b7ad6b7169203331-00`;
  const unsampled = await run(["core.noop"], { ...userEnvironment(world), TRACEPARENT: dark });
  expect(unsampled.code).toBe(0);
  const after = await world.client.create({ action: "core.noop" });
  await traceOf(after.id, ...BOTH);
  expect(collector.traceOf(unsampled.id)).toEqual([]);
  expect(collector.spans.filter(({ trace }) => lost.traceparent.includes(trace))).toEqual([]);
});

it("the tasks of a chain are below it", async () => {
  const { id } = await world.client.create({
    action: "examples.count_chain",
    parameters: { count: 1, sleep_delay: 0 },
  });
  const tasks = ["examples.count", "examples.count_command", "core.local"];
  const ended = tasks.flatMap((task) => [`execution ${task}`, `run ${task}`]);
  const spans = await traceOf(id, ...ended, "execution examples.count_chain");
  expect(treeOf(spans).filter((line) => !/(lease|prepare|process|report)$/.test(line))).toEqual([
    "POST /api/v1/executions",
    "  execution examples.count_chain",
    ...tasks.flatMap((task) => [`    execution ${task}`, "      queue", `      run ${task}`]),
  ]);
});

it("a run that a restarted agent takes up is in its trace", async () => {
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd: "sleep 60" } });
  await until("it runs", async () => (await world.client.get(id)).status === "running");
  await world.agent.stop("SIGKILL");
  await world.agent.start().ready();
  const spans = await traceOf(id, "execution core.local", "run core.local");
  expect(treeOf(spans)).toEqual([
    "POST /api/v1/executions",
    "  execution core.local",
    "    queue",
    "    run core.local",
    "      report",
  ]);
  const own = spans.find(({ name }) => name === "run core.local");
  expect(own).toMatchObject({ failed: true, attributes: { "tailrace.status": "abandoned" } });
});

it("a collector that hangs, refuses or closes connections stops nothing", async () => {
  const untraced = await run(["core.noop"], userEnvironment(world));
  for (const mode of ["hang", "refuse", "close"] as const) {
    collector.mode = mode;
    const { code, took_ms } = await run(["core.noop"]);
    expect(code, mode).toBe(0);
    // A traced command loads the library, and waits for half a second at its end. A busy machine delays both commands.
    expect(took_ms, mode).toBeLessThan(3 * untraced.took_ms + 2_000);
  }
});

it("a collector that redirects brings the headers, which may have a key, to no other host", async () => {
  const other = await new Collector().start();
  afterTest(() => other.close());
  collector.mode = { redirect: `${other.url}/v1/traces` };
  const asked = collector.bodies.length;
  const { id } = await world.client.create({ action: "core.noop" });
  await until("its spans have been redirected", () =>
    BOTH.every((name) =>
      collector.bodies.slice(asked).some((body) => body.includes(id) && body.includes(name)),
    ),
  );
  collector.mode = "take";
  const after = await world.client.create({ action: "core.noop" });
  await traceOf(after.id, ...BOTH);
  expect(other.headers).toEqual([]);
});

it("an agent says once that its collector takes nothing, and stops in time", async () => {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "dark" });
  const env = {
    ...process.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "200",
  };
  const agent = new TestAgent(world.server.url, key, [], undefined, undefined, env);
  afterTest(() => agent.stop());
  await agent.start().ready();
  const said = () => agent.log.split("the collector does not take the trace").length - 1;
  const runs = async () => {
    const { id } = await world.client.create({ action: "core.noop", pool: "dark" });
    await until("it has ended", async () => (await world.client.get(id)).status === "succeeded");
  };
  await runs();
  await until("it has said so", () => said() === 1);
  await runs();
  await agent.stop("SIGTERM");
  expect(said()).toBe(1);
});

it("what is off loads nothing and sends nothing", async () => {
  const sources = join(scratch(), "loaded");
  const hook = `import { registerHooks } from "node:module"; import { appendFileSync } from "node:fs";
    registerHooks({ load(url, context, next) {
      if (url.includes("opentelemetry")) appendFileSync(${JSON.stringify(sources)}, url + "\\n");
      return next(url, context);
    } });`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const loaded = () => (existsSync(sources) ? readFileSync(sources, "utf8") : "");
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "off" });
  const off = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true", NODE_OPTIONS };
  const agent = new TestAgent(world.server.url, key, [], undefined, undefined, { ...process.env, ...off });
  agent.program = SOURCES.agent;
  afterTest(() => agent.stop());
  await agent.start().ready();
  const from_sources = (args: string[], env: NodeJS.ProcessEnv) =>
    run(args, { ...userEnvironment(world), ...env }, SOURCES.command_line);
  const { id } = await from_sources(["core.noop", "--pool", "off"], off);
  const spans = await traceOf(id, "execution core.noop");
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["tailrace-server"]));
  expect(loaded()).toBe("");
  // The same look at a command that is traced.
  await from_sources(["core.noop"], { ...variables(), NODE_OPTIONS });
  expect(loaded()).toContain("opentelemetry");
});
