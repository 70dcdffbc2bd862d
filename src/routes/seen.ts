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

const PARTS = ["index", "objects"] as const;
type Part = (typeof PARTS)[number];

/** The last answer of each set of bindings: a Worker has one. */
const kept = new WeakMap<Env, { until_ms: number; failing: Part[] }>();

/** How the server is: whether it can work, without authentication, and its numbers, for those who may see them. */
export const seen = new Hono<AppEnv>()
  .get("/readyz", async (c) => {
    const failing = await failingParts(c.env);
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

async function failingParts(env: Env): Promise<Part[]> {
  const now_ms = Date.now();
  const last = kept.get(env);
  // An answer from the future was given before the clock was set back.
  if (last && last.until_ms > now_ms && last.until_ms - now_ms <= READY_KEPT_MS) return last.failing;
  const answers = await Promise.allSettled([
    answered(touchIndex(env.INDEX), READY_MS_MAX),
    answered(poolStub(env, DEFAULT_POOL).ready(), READY_MS_MAX),
  ]);
  const failing = PARTS.filter((_, at) => answers[at]?.status === "rejected");
  kept.set(env, { until_ms: Date.now() + READY_KEPT_MS, failing });
  return failing;
}
