import { newId } from "../../../protocol/base/id.ts";
import { FIRST_USER } from "../../../src/auth/system-admin.ts";
import { admin } from "../world.ts";
import { ADMINS, type Row, RUNS, read, SYSTEM, USERS, write } from "./row.ts";

/** The key-value table. */
export const KEYS: Row[] = [
  read("GET /api/v1/keys", USERS, () => "/api/v1/keys"),
  { ...read("GET /api/v1/keys", ADMINS, () => "/api/v1/keys?decrypt=true"), what: "opened" },
  {
    // The runs' own user is this one.
    ...read("GET /api/v1/keys", [...SYSTEM, ...RUNS], () => `/api/v1/keys?scope=user&user=${FIRST_USER}`),
    what: "of a system administrator",
  },
  write("GET /api/v1/keys/{name}", [...ADMINS, ...RUNS], async () => ({
    path: `/api/v1/keys/${await secretKey()}?decrypt=true`,
  })),
  write("PUT /api/v1/keys/{name}", [...ADMINS, ...RUNS], async () => ({
    path: `/api/v1/keys/${await secretKey()}`,
    body: { name: "x", value: "changed" },
    headers: json,
  })),
  write("DELETE /api/v1/keys/{name}", [...ADMINS, ...RUNS], async () => ({
    path: `/api/v1/keys/${await secretKey()}`,
  })),
  read("GET /api/v1/pools/{pool}/keys", ADMINS, ({ world: { own } }) => `/api/v1/pools/${own}/keys`),
  write("PUT /api/v1/pools/{pool}/keys", ADMINS, ({ world: { own } }) => ({
    path: `/api/v1/pools/${own}/keys`,
    body: { prefixes: null },
  })),
];

const json = { "content-type": "application/json" };

/** Makes a secret key of the deployment. Returns its name. */
export async function secretKey(): Promise<string> {
  const name = `key-${newId()}`;
  await admin("PUT", `/api/v1/keys/${name}`, { name, value: "of nobody else", secret: true });
  return name;
}
