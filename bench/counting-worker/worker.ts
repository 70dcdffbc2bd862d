/**
 * The Worker as it is, with a count of all that the platform bills: `startServer` bundles it when it is given as the entry.
 * `GET /counts` answers the counts, without a key, on loopback.
 */
import {
  Credential as OwnCredential,
  EventHub as OwnEventHub,
  Execution as OwnExecution,
  Relay as OwnRelay,
  RunnerPool as OwnRunnerPool,
  TemplateEngine as OwnTemplateEngine,
  default as own,
} from "../../src/worker.ts";
import { Awake } from "./awake.ts";
import { counts } from "./counts.ts";
import { countIndex } from "./index.ts";
import { countStorage, settleCursors } from "./storage.ts";

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/counts") {
      settleCursors();
      return Response.json(counts);
    }
    counts.worker_requests++;
    return own.fetch(request, withCounts(env), ctx);
  },
} satisfies ExportedHandler<Env>;

export class Credential extends OwnCredential {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

export class EventHub extends OwnEventHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

export class Execution extends OwnExecution {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

export class RunnerPool extends OwnRunnerPool {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

export class Relay extends OwnRelay {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

export class TemplateEngine extends OwnTemplateEngine {
  constructor(ctx: DurableObjectState, env: Env) {
    super(...counted(ctx, env));
  }
}

for (const Counted of [Credential, EventHub, Execution, Relay, RunnerPool, TemplateEngine])
  countEvents(Counted.prototype);

function withCounts(env: Env): Env {
  return { ...env, INDEX: countIndex(env.INDEX) };
}

const awake = new WeakMap<object, Awake>();

/** What an object is made with, and counts from then on. */
function counted(ctx: DurableObjectState, env: Env): [DurableObjectState, Env] {
  countStorage(ctx.storage);
  const time = new Awake();
  awake.set(ctx, time);
  const waitUntil = ctx.waitUntil.bind(ctx);
  ctx.waitUntil = (promise) => {
    time.during(promise);
    waitUntil(promise);
  };
  return [ctx, withCounts(env)];
}

/** Handlers that the platform does not bill as requests. */
const SOCKET_HANDLERS = ["webSocketMessage", "webSocketClose", "webSocketError"];

/** Whether a method runs that another object or the platform has called: an object's calls of its own are not billed. */
let is_within = false;

/** Counts the calls of all methods of a class of objects, and the time that they take. */
function countEvents(prototype: object): void {
  const inherited: object = Object.getPrototypeOf(prototype);
  for (const name of Object.getOwnPropertyNames(inherited)) {
    const method: unknown = Object.getOwnPropertyDescriptor(inherited, name)?.value;
    if (name === "constructor" || typeof method !== "function") continue;
    Reflect.set(prototype, name, function (this: { ctx: DurableObjectState }, ...args: unknown[]): unknown {
      if (is_within) return method.apply(this, args);
      if (name === "webSocketMessage") counts.object_messages++;
      else if (!SOCKET_HANDLERS.includes(name)) counts.object_requests++;
      is_within = true;
      try {
        const result: unknown = method.apply(this, args);
        awake.get(this.ctx)?.during(result);
        return result;
      } finally {
        is_within = false;
      }
    });
  }
}
