import { Hono } from "hono";
import { CreateLink, type Link } from "../../protocol/identity.ts";
import { JSON_BODY_BYTES_MAX } from "../../protocol/limits.ts";
import { timestamp } from "../../protocol/time.ts";
import { signLink } from "../auth/link.ts";
import { demand } from "../auth/permissions.ts";
import { readJson } from "./body.ts";
import { type AppEnv, executionId, knownExecution } from "./context.ts";

/** `POST /executions/{id|last}/links`: opens one execution, to read, for whoever has the link, until it expires. */
export const links = new Hono<AppEnv>().post("/:id/links", async (c) => {
  const id = await executionId(c);
  const { standing } = await knownExecution(c, id);
  const principal = c.get("principal");
  const { action_ref, pool } = standing;
  demand(principal, "execution_view", { kind: "execution", id, action_ref, pool });
  const { ttl } = await readJson(c, CreateLink, JSON_BODY_BYTES_MAX);
  const exp = Math.floor(Date.now() / 1000) + ttl;
  const link = await signLink(c.env, id, principal.user, exp);
  const { origin } = new URL(c.req.url);
  return c.json(
    {
      url: `${origin}/executions/${id}?link=${link}`,
      stream_url: `${origin}/stream/v1/executions/${id}/output?link=${link}`,
      expires: timestamp(exp * 1000),
    } satisfies Link,
    201,
  );
});
