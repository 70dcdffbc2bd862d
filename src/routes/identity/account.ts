import { Hono } from "hono";
import { timestamp } from "../../../protocol/base/time.ts";
import type { User } from "../../../protocol/model/identity.ts";
import { byResource } from "../../../protocol/model/permissions.ts";
import type { AppEnv } from "../../http/context.ts";
import { poolStub } from "../../objects/pool.ts";
import { rolesCount } from "../../rights/of-user.ts";
import { demandAdmin } from "../../rights/permissions.ts";
import type { Carrier } from "../../rights/principal.ts";

/** The authenticated user, and the connected agents. */
export const account = new Hono<AppEnv>()
  .get("/user", (c) => {
    const { user, role, roles, grants, method, carrier, expires_ms } = c.get("principal");
    return c.json({
      username: user,
      authentication: {
        method,
        location: locationOf(carrier),
        ...(expires_ms === null ? {} : { token_expire: timestamp(expires_ms) }),
      },
      rbac: {
        enabled: rolesCount(c.env),
        roles,
        is_admin: role === "admin",
        permission_grants: byResource(grants),
      },
    } satisfies User);
  })
  .get("/pools/:pool/agents", async (c) => {
    demandAdmin(c.get("principal"));
    return c.json(await poolStub(c.env, c.req.param("pool")).agents());
  });

/** The part of the request that carried the credential, in StackStorm's words. */
function locationOf(carrier: Carrier): string {
  return carrier === "query" || carrier === "cookie" ? carrier : "header";
}
