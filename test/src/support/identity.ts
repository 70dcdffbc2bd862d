import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../../src/app.ts";
import { ORIGIN } from "./world.ts";

/** How soon a revoked credential opens nothing, and what it has open ends: docs/identity.md promises it. */
export const REVOKED_MS_MAX = 1_000;

/** Settings of the Worker that a test replaces. */
export type Settings = Partial<Record<keyof Env, string | number | boolean>>;

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** A body as raw text. */
  text?: string;
  origin?: string;
}

/** Sends a request to the Worker under test, with its own settings. A body is sent as JSON. */
export type Ask = (path: string, asked?: Asked) => Promise<Response>;

export function askWith(settings: Settings = {}): Ask {
  return async (path, { body, text = JSON.stringify(body), origin = ORIGIN, ...init } = {}) =>
    app.fetch(
      new Request(origin + path, { ...init, ...(text === undefined ? {} : { body: text }) }),
      { ...env, ...settings },
      createExecutionContext(),
    );
}

export const asAdmin = { "st2-api-key": env.TAILRACE_API_KEY };

export function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** The JSON of an answer that must have this status. */
export async function json<T>(response: Response, status = 200): Promise<T> {
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** A user's key, made by the administrator. */
export async function keyOf(
  ask: Ask,
  user: string,
  over: Record<string, unknown> = {},
): Promise<{ id: string; key: string; headers: Record<string, string> }> {
  const body = { user, ...over };
  const made = await json<{ id: string; key: string }>(
    await ask("/api/v1/apikeys", { method: "POST", headers: asAdmin, body }),
    201,
  );
  return { ...made, headers: { "st2-api-key": made.key } };
}

let users = 0;

/** Permissions of a test's user, on a resource or on everything. */
export interface Granted {
  resource_uid?: string;
  permission_types: string[];
  pool?: string;
}

/** A new user with a new role that grants this, or with an existing role. */
export async function userWith(
  ask: Ask,
  grants: Granted[],
  role?: string,
): Promise<{ user: string; assignment: string; headers: Record<string, string> }> {
  const user = `user-${++users}`;
  if (role === undefined) {
    const body = { name: `role-of-${user}`, permission_grants: grants };
    await json(await ask("/api/v1/rbac/roles", { method: "POST", headers: asAdmin, body }), 201);
  }
  const body = { user, role: role ?? `role-of-${user}` };
  const assigned = await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body });
  const { id: assignment } = await json<{ id: string }>(assigned, 201);
  return { user, assignment, headers: (await keyOf(ask, user)).headers };
}

/** The text of a response's body, as it arrives. */
export class BodyText {
  text = "";
  /** How the body ended: undefined while it is open. */
  ended: "closed" | "broken" | undefined;

  constructor(response: Response) {
    void this.#read(response);
  }

  async #read(response: Response): Promise<void> {
    try {
      for await (const bytes of response.body ?? []) this.text += new TextDecoder().decode(bytes);
      this.ended = "closed";
    } catch {
      this.ended = "broken";
    }
  }
}
