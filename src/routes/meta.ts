import { Hono } from "hono";
import type { AppEnv } from "./context.ts";

/** Tells what this server is, to whoever asks. */
export const meta = new Hono<AppEnv>().get("/healthz", (c) =>
  c.json({ ok: true, name: "tailrace", version: VERSION, time: new Date().toISOString() }),
);

const VERSION = "0.1.0";
