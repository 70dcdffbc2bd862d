import { Hono } from "hono";
import { TailraceError } from "../../protocol/base/errors.ts";
import { METRICS_TYPE, metricsText } from "../../protocol/base/metrics.ts";
import { DEFAULT_POOL } from "../../protocol/model/default-pool.ts";
import { requireUser } from "../auth/middleware.ts";
import { countError } from "../base/isolate.ts";
import type { AppEnv } from "../http/context.ts";
import { answered } from "../index/answered.ts";
import { touchIndex } from "../index/measures.ts";
import { poolStub } from "../objects/pool.ts";
import { demand } from "../rights/permissions.ts";
import { serverMetrics } from "./metrics.ts";

/** How long a part may take to answer. */
const READY_MS_MAX = 3_000;

/** How long an answer counts: anyone may ask, and each question costs a read of the index and of an object. */
const READY_KEPT_MS = 1_000;

/** How long a probe and its answer count at most. */
const PROBE_MS_MAX = READY_MS_MAX + READY_KEPT_MS;

const PARTS = ["index", "objects"] as const;
type Part = (typeof PARTS)[number];

/** The last probe of each set of bindings, also while it waits: a Worker has one. */
const probes = new WeakMap<Env, { failing: Promise<Part[]>; until_ms: number }>();

/** How the server is: whether it can work, without authentication, and its numbers, for those who may see them. */
export const seen = new Hono<AppEnv>()
  .get("/readyz", async (c) => {
    const failing = await failingParts(c.env, (work) => c.executionCtx.waitUntil(work));
    if (failing.length === 0) return c.json({ ready: true });
    const does = failing.length === 1 && failing[0] === "index" ? "does" : "do";
    const error = new TailraceError(
      "unavailable",
      `The ${failing.join(" and the ")} ${does} not answer now. Try again.`,
    );
    countError(error.code);
    return c.json({ ready: false, failing, ...error.toBody(c.get("requestId")) }, 503);
  })
  .get("/metrics", requireUser, async (c) => {
    demand(c.get("principal"), "metrics_view");
    const text = metricsText(await serverMetrics(c.env));
    return c.body(text, 200, { "content-type": METRICS_TYPE });
  });

/**
 * The parts that do not answer. Requests that come during a probe wait for it, so a hanging index is not asked once for each. The first
 * of them may go away: `later` keeps its probe alive.
 */
function failingParts(env: Env, later: (work: Promise<unknown>) => void): Promise<Part[]> {
  const now_ms = Date.now();
  const last = probes.get(env);
  // An answer from the future was given before the clock was set back.
  if (last && last.until_ms > now_ms && last.until_ms - now_ms <= PROBE_MS_MAX) return last.failing;
  const made = { failing: probe(env), until_ms: now_ms + PROBE_MS_MAX };
  probes.set(env, made);
  later(made.failing.then(() => (made.until_ms = Date.now() + READY_KEPT_MS)));
  return made.failing;
}

async function probe(env: Env): Promise<Part[]> {
  const answers = await Promise.allSettled([
    answered(touchIndex(env.INDEX), READY_MS_MAX),
    answered(poolStub(env, DEFAULT_POOL).ready(), READY_MS_MAX),
  ]);
  return PARTS.filter((_, at) => answers[at]?.status === "rejected");
}
