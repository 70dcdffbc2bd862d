/**
 * The Worker as it is, over an index that fails and is slow, and with objects that can be aborted: what `startServer` bundles
 * where it is given this file as its entry. It is steered on paths of its own, without a key, on loopback:
 *
 *   PUT    /faults/index   an `IndexFaults` as JSON: from here on the index fails and waits like that
 *   DELETE /faults/index   the index is well again; calls that wait go on
 *   GET    /faults/index   what has been injected so far: `InjectedCounts`
 *   POST   /faults/abort   {"binding": "EXECUTION", "name": id}: the object loses its memory and its sockets, in mid-flight
 *
 * It lives in the engine's memory: a new engine begins with an index that is well.
 */
import {
  Credential as OwnCredential,
  EventHub as OwnEventHub,
  Execution as OwnExecution,
  Relay as OwnRelay,
  RunnerPool as OwnRunnerPool,
  default as own,
} from "../../../src/worker.ts";

export { TemplateEngine } from "../../../src/worker.ts";

/** The faults of the index. For each call, a statement or a batch, the seed decides at most one fault. */
export interface IndexFaults {
  seed: number;
  /** The share (0 to 1) of calls that fail and write nothing. */
  fail_before?: number;
  /** The share of calls that are done, but lose their answer. */
  fail_after?: number;
  /** The longest wait before a call. */
  delay_ms?: number;
  /** The longest delay of an answer: the call is done by then. */
  answer_delay_ms?: number;
  /** The share of calls that wait; all of them by default. */
  delayed?: number;
  /** Only calls with a statement that this pattern matches. */
  statements?: string;
}

/** The faults injected since the engine started. */
export interface InjectedCounts {
  failed_before: number;
  failed_after: number;
  delayed: number;
}

const counts: InjectedCounts = { failed_before: 0, failed_after: 0, delayed: 0 };
let faults: IndexFaults | undefined;
let random = () => 1;

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/faults/index") return steer(request);
    if (pathname === "/faults/abort") return abort(request, env);
    return own.fetch(request, withFaults(env), ctx);
  },
} satisfies ExportedHandler<Env>;

export class Execution extends OwnExecution {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withFaults(env));
  }

  override async fetch(request: Request): Promise<Response> {
    abortAsAsked(this.ctx, request);
    return super.fetch(request);
  }
}

export class RunnerPool extends OwnRunnerPool {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withFaults(env));
  }

  override async fetch(request: Request): Promise<Response> {
    abortAsAsked(this.ctx, request);
    return super.fetch(request);
  }
}

export class EventHub extends OwnEventHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withFaults(env));
  }

  override async fetch(request: Request): Promise<Response> {
    abortAsAsked(this.ctx, request);
    return super.fetch(request);
  }
}

export class Relay extends OwnRelay {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withFaults(env));
  }

  override async fetch(request: Request): Promise<Response> {
    abortAsAsked(this.ctx, request);
    return super.fetch(request);
  }
}

export class Credential extends OwnCredential {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withFaults(env));
  }

  override async fetch(request: Request): Promise<Response> {
    abortAsAsked(this.ctx, request);
    return new Response(null, { status: 404 });
  }
}

async function steer(request: Request): Promise<Response> {
  if (request.method === "GET") return Response.json(counts);
  faults = request.method === "PUT" ? await request.json<IndexFaults>() : undefined;
  random = randomOf(faults?.seed ?? 0);
  return new Response(null, { status: 204 });
}

async function abort(request: Request, env: Env): Promise<Response> {
  const { binding, name } = await request.json<{ binding: ObjectBinding; name: string }>();
  // The call fails with the object that it ends.
  await env[binding]
    .getByName(name)
    .fetch(ABORT)
    .catch(() => undefined);
  return new Response(null, { status: 204 });
}

type ObjectBinding = "EXECUTION" | "RELAY" | "RUNNER_POOL" | "EVENT_HUB" | "CREDENTIAL";

const ABORT = "http://abort.faults.invalid/";

function abortAsAsked(ctx: DurableObjectState, { url }: Request): void {
  if (url === ABORT) ctx.abort("aborted by a test");
}

function withFaults(env: Env): Env {
  return { ...env, INDEX: faultyIndex(env.INDEX) };
}

/** Statements by the text that they were made of. A batch takes the index's own statements. */
const made = new WeakMap<object, { own: D1PreparedStatement; sql: string }>();

function faultyIndex(index: D1Database): D1Database {
  return new Proxy(index, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => faultyStatement(target.prepare(sql), sql);
      if (name === "batch")
        return (statements: D1PreparedStatement[]) => {
          const own = statements.map((statement) => made.get(statement) ?? { own: statement, sql: "" });
          const sql = own.map((one) => one.sql).join(";\n");
          return withFault(sql, () => target.batch(own.map((one) => one.own)));
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function faultyStatement(own: D1PreparedStatement, sql: string): D1PreparedStatement {
  const faulty = new Proxy(own, {
    get(target, name) {
      if (name === "bind") return (...values: unknown[]) => faultyStatement(target.bind(...values), sql);
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => withFault(sql, () => Reflect.apply(value, target, args));
    },
  });
  made.set(faulty, { own, sql });
  return faulty;
}

async function withFault<T>(sql: string, call: () => Promise<T>): Promise<T> {
  const {
    fail_before = 0,
    fail_after = 0,
    delay_ms = 0,
    answer_delay_ms = 0,
    delayed = 1,
    statements,
  } = faults ?? {};
  if (faults === undefined || (statements !== undefined && !new RegExp(statements).test(sql))) return call();
  const [fate, patience, share] = [random(), random(), random()];
  if (delay_ms > 0 && patience < delayed) {
    counts.delayed++;
    await wait(share * delay_ms);
  }
  if (fate < fail_before) {
    counts.failed_before++;
    throw new Error("D1_ERROR: failed by a test, before the call");
  }
  const answer = await call();
  if (answer_delay_ms > 0 && patience < delayed) {
    counts.delayed++;
    await wait(share * answer_delay_ms);
  }
  if (fate < fail_before + fail_after) {
    counts.failed_after++;
    throw new Error("D1_ERROR: failed by a test, the answer is lost");
  }
  return answer;
}

/** A new timer in each request: a request cannot use the timer of another. */
async function wait(ms: number): Promise<void> {
  const [begun, until_ms] = [faults, Date.now() + ms];
  while (faults === begun && Date.now() < until_ms)
    await new Promise((resolve) => setTimeout(resolve, WAIT_STEP_MS));
}

const WAIT_STEP_MS = 20;

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
