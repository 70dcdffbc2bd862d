import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { newId } from "../../../protocol/base/id.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { CreateLink, type Link, type ListedLink } from "../../../protocol/model/identity.ts";
import type { Permission } from "../../../protocol/model/permissions.ts";
import { linkCredential, signLink, unlistedCredential } from "../../auth/link.ts";
import { dropStreams } from "../../auth/revoke.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { executionId, knownExecution } from "../../http/named.ts";
import { pageHeaders, queryPage } from "../../http/query.ts";
import { createLink, listLinks, readLinkRow, revokeLink, revokeLinksOf } from "../../index/links.ts";
import { demand } from "../../rights/permissions.ts";

/** Links of one execution. Everyone with the link may read the execution, until the link expires or is revoked. */
export const executionLinks = new Hono<AppEnv>()
  .post("/:id/links", async (c) => {
    const execution_id = await permitted(c, "execution_view");
    const { user } = c.get("principal");
    const { ttl } = await readJson(c, CreateLink, JSON_BODY_BYTES_MAX);
    const exp = Math.floor(Date.now() / 1000) + ttl;
    const id = newId();
    await audit(c, "link.create", `execution:${execution_id}`, { link: id, ttl });
    await createLink(c.env.INDEX, { id, execution_id, created_by: user, expires_ms: exp * 1000 });
    const link = await signLink(c.env, { id, execution_id, sub: user, exp });
    const { origin } = new URL(c.req.url);
    return c.json(
      {
        id,
        url: `${origin}/executions/${execution_id}?link=${link}`,
        stream_url: `${origin}/stream/v1/executions/${execution_id}/output?link=${link}`,
        expires: timestamp(exp * 1000),
      } satisfies Link,
      201,
    );
  })
  .get("/:id/links", async (c) => list(c, await permitted(c, "execution_view")))
  .delete("/:id/links", async (c) => {
    // StackStorm's permission for any change of an execution.
    const execution_id = await permitted(c, "execution_stop");
    await audit(c, "link.revoke", `execution:${execution_id}`);
    const { revoked, ids } = await revokeLinksOf(c.env.INDEX, execution_id, c.get("principal").user);
    await dropStreams(c.env, [...ids.map(linkCredential), unlistedCredential(execution_id)]);
    return c.json({ revoked });
  });

/** Links of all executions: a user's own, or for an administrator all. */
export const links = new Hono<AppEnv>()
  .get("/", (c) => list(c, c.req.query("execution") || undefined))
  .delete("/:id", async (c) => {
    const { id, execution_id } = await ownLink(c);
    await audit(c, "link.revoke", `execution:${execution_id}`, { link: id });
    await revokeLink(c.env.INDEX, id, c.get("principal").user);
    await dropStreams(c.env, [linkCredential(id)]);
    return c.body(null, 204);
  });

/** The execution that the path names, if the principal has the permission on it. */
async function permitted(c: Context<AppEnv>, permission: Permission): Promise<string> {
  const id = await executionId(c);
  const { summary } = await knownExecution(c, id);
  const { action_ref, pool } = summary;
  demand(c.get("principal"), permission, { kind: "execution", id, action_ref, pool });
  return id;
}

async function list(c: Context<AppEnv>, execution_id: string | undefined): Promise<Response> {
  const { user, role } = c.get("principal");
  const wanted = c.req.query("user") || undefined;
  const page = queryPage(c);
  const created_by = role === "admin" ? wanted : user;
  const { links, total } = await listLinks(c.env.INDEX, { execution_id, created_by, ...page });
  pageHeaders(c, page, total);
  return c.json(links);
}

/** The link that the path names. For a user another user's link does not exist. */
async function ownLink(c: Context<AppEnv>): Promise<ListedLink> {
  const { user, role } = c.get("principal");
  const id = c.req.param("id") ?? "";
  const link = await readLinkRow(c.env.INDEX, id);
  if (!link || (role !== "admin" && link.created_by !== user))
    throw new TailraceError("identity_not_found", `There is no link "${id}".`);
  return link;
}
