import { action } from "../../src/support/pools.ts";
import { chunks, clientWith, ended, poolKey } from "../../src/support/world.ts";
import type { Credential } from "../credentials.ts";
import { begun, type Work } from "../world.ts";
import { secretKey } from "./keys.ts";
import { ADMINS, AGENTS, LEASE, type Row, read, write } from "./row.ts";

/** The endpoints of agents, and those by which administrators see agents. */
export const AGENTS_OF_POOLS: Row[] = [
  read("GET /api/v1/pools/{pool}/agents", ADMINS, ({ world: { own } }) => `/api/v1/pools/${own}/agents`),
  read("GET /api/v1/agents", ADMINS, () => "/api/v1/agents"),
  read("GET /api/v1/agents/{id}", ADMINS, ({ world: { holder } }) => `/api/v1/agents/${holder.id}`),
  write("DELETE /api/v1/agents/{id}", ADMINS, async ({ world: { own } }) => {
    const { id } = await clientWith(await poolKey(own)).identity.registerAgent({ name: "fresh" });
    return { path: `/api/v1/agents/${id}` };
  }),
  write("PUT /api/v1/agents/{id}/drain", ADMINS, async ({ world: { own } }) => {
    const { id } = await clientWith(await poolKey(own)).identity.registerAgent({ name: "busy" });
    return { path: `/api/v1/agents/${id}/drain` };
  }),
  write("DELETE /api/v1/agents/{id}/drain", ADMINS, async ({ world: { own } }) => {
    const { id } = await clientWith(await poolKey(own)).identity.registerAgent({ name: "idle" });
    return { path: `/api/v1/agents/${id}/drain` };
  }),
  write("POST /agent/v1/agents", ["the pool's key"], ({ world: { own: pool } }) => ({
    path: "/agent/v1/agents",
    body: { name: "new", pool },
  })),
  write("GET /agent/v1/pools/{pool}/connect", [...AGENTS, "the pool's key"], ({ world: { own } }) => ({
    path: `/agent/v1/pools/${own}/connect`,
    headers: { upgrade: "websocket" },
  })),
  write("POST /agent/v1/pools/{pool}/packs", [...AGENTS, ...ADMINS], ({ world: { own } }) => ({
    path: `/agent/v1/pools/${own}/packs`,
    body: { packs: [{ ref: "vault", digest: DIGEST }] },
  })),
  write("POST /agent/v1/pools/{pool}/packs/{ref}/actions", [...AGENTS, ...ADMINS], ({ world: { own } }) => ({
    path: `/agent/v1/pools/${own}/packs/fresh/actions`,
    body: {
      pack: { ref: "fresh", name: "fresh" },
      digest: DIGEST,
      total: 1,
      first: 0,
      actions: [action("fresh.run")],
    },
  })),
  // Each credential registers for its own pool, whatever it asks for. A pool's key, which agents of the first release used,
  // changes nothing.
  write(
    "POST /agent/v1/actions",
    [...AGENTS, ...ADMINS, "another pool's agent", "the pool's key", "another pool's key"],
    () => ({ path: "/agent/v1/actions", body: { actions: [] } }),
  ),
];

/** The endpoints that need a lease. */
export const LEASED: Row[] = [
  write("POST /agent/v1/executions/{id}/start", LEASE, ({ work }) => ({ path: `${leased(work)}/start` })),
  write("GET /agent/v1/executions/{id}/chunks", LEASE, ({ work }) => ({
    path: `${leased(work)}/chunks`,
    headers: { upgrade: "websocket" },
  })),
  write(
    "POST /agent/v1/executions/{id}/chunks",
    LEASE,
    ({ work }) => ({
      path: `${leased(work)}/chunks`,
      body: JSON.parse(chunks(2, "more\n")),
    }),
    {
      good: async ({ work }) => ({
        path: `${leased(work)}/chunks`,
        body: JSON.parse(chunks(2, "more\n")),
        by: bearer(work),
      }),
    },
  ),
  write("POST /agent/v1/executions/{id}/keys/read", LEASE, async ({ work }) => ({
    path: `${leased(work)}/keys/read`,
    body: { names: [await secretKey()] },
  })),
  write("PUT /agent/v1/executions/{id}/keys/{name}", LEASE, async ({ work }) => ({
    path: `${leased(work)}/keys/${await secretKey()}`,
    body: { name: "x", value: "changed" },
  })),
  write("DELETE /agent/v1/executions/{id}/keys/{name}", LEASE, async ({ work }) => ({
    path: `${leased(work)}/keys/${await secretKey()}`,
  })),
  write("POST /agent/v1/executions/{id}/token", LEASE, ({ work }) => ({ path: `${leased(work)}/token` })),
  write(
    "POST /agent/v1/executions/{id}/end",
    LEASE,
    ({ work }) => ({
      path: `${leased(work)}/end`,
      body: ended(1),
    }),
    {
      good: async ({ world }) => {
        const fresh = await begun(world.holder);
        return { path: `${leased(fresh)}/end`, body: ended(0), by: bearer(fresh) };
      },
    },
  ),
  // Its children are work for the agent too, so this row is the last.
  write(
    "POST /agent/v1/executions/{id}/expand",
    LEASE,
    ({ work }) => ({
      path: `${leased(work)}/expand`,
      body: EXPANSION,
    }),
    {
      good: async ({ world }) => {
        const fresh = await begun(world.holder);
        return { path: `${leased(fresh)}/expand`, body: EXPANSION, by: bearer(fresh) };
      },
    },
  ),
];

const DIGEST = "0".repeat(64);
const HOSTS = ["one", "two"].map((host) => ({ key: host, address: host }));
const EXPANSION = { hosts: HOSTS, concurrency: 1, allow_partial_failure: false };

function leased({ id }: Work): string {
  return `/agent/v1/executions/${id}`;
}

function bearer({ token }: Work): Credential {
  return { headers: { authorization: `Bearer ${token}` } };
}
