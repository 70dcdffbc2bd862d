import { Hono } from "hono";
import * as v from "valibot";
import { TailraceError } from "../../protocol/errors.ts";
import { JSON_BODY_BYTES_MAX } from "../../protocol/limits.ts";
import { createKey } from "../auth/keys.ts";
import { readJson } from "./body.ts";
import type { AppEnv } from "./context.ts";

const label = v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/));

/** `POST /apikeys`. An agent's key is for one pool. */
export const CreateKey = v.strictObject({
  user: label,
  role: v.picklist(["admin", "agent"]),
  pool: v.optional(label),
});

/** Who asks, keys, and the agents that are connected. */
export const account = new Hono<AppEnv>()
  .get("/user", (c) => {
    const { user, location, role } = c.get("principal");
    return c.json({
      username: user,
      authentication: { method: "API key", location },
      rbac: { enabled: false, roles: [role], is_admin: role === "admin" },
    });
  })
  .post("/apikeys", async (c) => {
    const { user, role, pool } = await readJson(c, CreateKey, JSON_BODY_BYTES_MAX);
    if (role === "agent" && pool === undefined)
      throw new TailraceError("invalid", "An agent's key needs a pool.");
    return c.json(await createKey(c.env, { user, role, pool: pool ?? null }), 201);
  })
  .get("/pools/:pool/agents", async (c) =>
    c.json(await c.env.RUNNER_POOL.getByName(c.req.param("pool")).agents()),
  );
