import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { firstId, ID_PATTERN } from "../../../protocol/base/id.ts";
import { AUDIT_PAGE_MAX, PAGE_EXECUTIONS_MAX } from "../../../protocol/base/limits.ts";
import { AUDIT_ACTIONS, AUDIT_OUTCOMES } from "../../../protocol/model/audit.ts";
import type { AppEnv } from "../../http/context.ts";
import { queryInteger } from "../../http/query.ts";
import { readTimestamp } from "../../http/timestamp.ts";
import { type AuditQuery, listAudit } from "../../index/audit.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** `GET /audit`: the entries of the audit log, newest first, for administrators. */
export const auditLog = new Hono<AppEnv>().get("/", async (c) => {
  demandAdmin(c.get("principal"));
  const limit = queryInteger(c, "limit", PAGE_EXECUTIONS_MAX);
  if (limit < 1 || limit > AUDIT_PAGE_MAX)
    throw new TailraceError("invalid", `limit is a number of entries from 1 to ${AUDIT_PAGE_MAX}.`);
  const since = queryTime(c, "since");
  const below = [queryTime(c, "until"), queryBefore(c)].filter((id) => id !== undefined).sort()[0];
  const query: AuditQuery = {
    equal: queryEqual(c),
    ...(since === undefined ? {} : { from: since }),
    ...(below === undefined ? {} : { below }),
    limit,
  };
  return c.json(await listAudit(c.env.INDEX, query));
});

function queryEqual(c: Context<AppEnv>): AuditQuery["equal"] {
  const { user, action, resource, outcome } = c.req.query();
  demandOneOf("action", action, AUDIT_ACTIONS);
  demandOneOf("outcome", outcome, AUDIT_OUTCOMES);
  return {
    ...(user ? { user } : {}),
    ...(action ? { action } : {}),
    ...(resource ? { resource } : {}),
    ...(outcome ? { outcome } : {}),
  };
}

function demandOneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (!value || known.includes(value)) return;
  throw new TailraceError("invalid", `${name} is one of ${known.join(", ")}.`);
}

/** A moment, as the smallest id from then on. */
function queryTime(c: Context<AppEnv>, name: string): string | undefined {
  const text = c.req.query(name);
  return text ? firstId(Date.parse(readTimestamp(text))) : undefined;
}

function queryBefore(c: Context<AppEnv>): string | undefined {
  const id = c.req.query("before");
  if (!id) return undefined;
  if (!ID_PATTERN.test(id)) throw new TailraceError("invalid", "before is the id of an entry.");
  return id;
}
