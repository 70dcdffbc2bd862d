import type { AuditEntry, AuditFilter } from "../model/audit.ts";
import type {
  Account,
  ApiKey,
  Assignment,
  CreateAccount,
  CreateApiKey,
  CreateRole,
  Link,
  ListedLink,
  PermissionGrant,
  Role,
  Token,
  UpdateAccount,
} from "../model/identity.ts";
import { AgentIdentity } from "../wire/agent-identity.ts";
import type { KnownAgent, RegisterAgent } from "../wire/agent-state.ts";
import { makeLink } from "./link.ts";
import { asOurs, type Connection, call, pages, segment, send, tryLimit } from "./request.ts";
import { signIn, signOut } from "./sign-in.ts";

/** The client's calls about users, credentials, roles, links and the audit log. */
export class Identity {
  readonly #to: Connection;

  constructor(to: Connection) {
    this.#to = to;
  }

  /** Makes a token from a name and a password: `signIn` of `sign-in.ts`. */
  signIn(user: string, password: string, ttl?: number, earlier?: string): Promise<Token> {
    return signIn(this.#to, user, password, ttl, earlier);
  }

  /** Revokes this client's token. */
  signOut(): Promise<void> {
    return signOut(this.#to);
  }

  users(): Promise<Account[]> {
    return pages(this.#to, "/api/v1/users");
  }

  createUser(request: CreateAccount): Promise<Account> {
    return call(this.#to, "POST", "/api/v1/users", request);
  }

  updateUser(name: string, change: UpdateAccount): Promise<Account> {
    return call(this.#to, "PUT", `/api/v1/users/${segment(name)}`, change);
  }

  /** Deletes a user, with their keys, tokens and roles. */
  async deleteUser(name: string): Promise<void> {
    await send(this.#to, `/api/v1/users/${segment(name)}`, { method: "DELETE" });
  }

  /** The user's own keys; for an administrator, all keys or those of one user. */
  apiKeys(user?: string): Promise<ApiKey[]> {
    return pages(this.#to, "/api/v1/apikeys", user === undefined ? {} : { user });
  }

  /** Makes a key. Only this answer has the key itself. */
  createApiKey(request: CreateApiKey = {}): Promise<ApiKey & { key: string }> {
    return call(this.#to, "POST", "/api/v1/apikeys", request);
  }

  enableApiKey(id: string, enabled: boolean): Promise<ApiKey> {
    return call(this.#to, "PUT", `/api/v1/apikeys/${segment(id)}`, { enabled });
  }

  /** Deletes a key. `with_agents` also revokes the agents that were registered with it. */
  async deleteApiKey(id: string, { with_agents = false } = {}): Promise<void> {
    const query = with_agents ? "?with_agents=true" : "";
    await send(this.#to, `/api/v1/apikeys/${segment(id)}${query}`, { method: "DELETE" });
  }

  /** The registered agents of one pool, or of all. */
  agents(pool?: string): Promise<KnownAgent[]> {
    return pages(this.#to, "/api/v1/agents", pool === undefined ? {} : { pool });
  }

  agent(id: string): Promise<KnownAgent> {
    return call(this.#to, "GET", `/api/v1/agents/${segment(id)}`);
  }

  /** Revokes an agent: its secret becomes void, and its executions are abandoned. */
  async revokeAgent(id: string): Promise<void> {
    await send(this.#to, `/api/v1/agents/${segment(id)}`, { method: "DELETE" });
  }

  /** Drains an agent: its pool gives it no new work until it resumes. */
  drainAgent(id: string): Promise<KnownAgent> {
    return call(this.#to, "PUT", `/api/v1/agents/${segment(id)}/drain`);
  }

  /** Lets a drained agent take work again. */
  resumeAgent(id: string): Promise<KnownAgent> {
    return call(this.#to, "DELETE", `/api/v1/agents/${segment(id)}/drain`);
  }

  /** Makes an agent's identity, with a pool's key. Only this answer has the secret. */
  async registerAgent(request: RegisterAgent): Promise<AgentIdentity> {
    // Checked, because the identity is stored: a proxy may answer every request with a page of its own.
    const answer = await call<unknown>(this.#to, "POST", "/agent/v1/agents", request, tryLimit());
    return asOurs(AgentIdentity, answer);
  }

  roles(): Promise<Role[]> {
    return call(this.#to, "GET", "/api/v1/rbac/roles");
  }

  createRole(request: CreateRole): Promise<Role> {
    return call(this.#to, "POST", "/api/v1/rbac/roles", request);
  }

  async deleteRole(name: string): Promise<void> {
    await send(this.#to, `/api/v1/rbac/roles/${segment(name)}`, { method: "DELETE" });
  }

  grant(role: string, grant: PermissionGrant): Promise<Role> {
    return call(this.#to, "POST", `/api/v1/rbac/roles/${segment(role)}/grants`, grant);
  }

  revoke(role: string, { permission_types, resource_uid, pool }: PermissionGrant): Promise<Role> {
    const query = new URLSearchParams({ permission_types: permission_types.join(",") });
    if (resource_uid) query.set("resource_uid", resource_uid);
    if (pool) query.set("pool", pool);
    return call(this.#to, "DELETE", `/api/v1/rbac/roles/${segment(role)}/grants?${query}`);
  }

  /** The roles of users. */
  assignments(filter: { user?: string; role?: string } = {}): Promise<Assignment[]> {
    return call(this.#to, "GET", `/api/v1/rbac/role_assignments?${new URLSearchParams(filter)}`);
  }

  assign(user: string, role: string): Promise<Assignment> {
    return call(this.#to, "POST", "/api/v1/rbac/role_assignments", { user, role });
  }

  /** Removes a role from a user. Returns whether the user had it. */
  async unassign(user: string, role: string): Promise<boolean> {
    const [assignment] = await this.assignments({ user, role });
    if (!assignment) return false;
    await send(this.#to, `/api/v1/rbac/role_assignments/${assignment.id}`, { method: "DELETE" });
    return true;
  }

  /** Links, newest first: the user's own, or all for an administrator. Of one execution, if it is given. */
  links(executionId?: string): Promise<ListedLink[]> {
    const path =
      executionId === undefined ? "/api/v1/links" : `/api/v1/executions/${segment(executionId)}/links`;
    return pages(this.#to, path);
  }

  async revokeLink(id: string): Promise<void> {
    await send(this.#to, `/api/v1/links/${segment(id)}`, { method: "DELETE" });
  }

  /** Revokes every link of an execution. Returns the number of listed ones. */
  revokeLinks(executionId: string): Promise<{ revoked: number }> {
    return call(this.#to, "DELETE", `/api/v1/executions/${segment(executionId)}/links`);
  }

  /** A page of the audit log, newest entries first. */
  audit(filter: AuditFilter = {}): Promise<AuditEntry[]> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter))
      if (value !== undefined) query.set(name, String(value));
    return call(this.#to, "GET", `/api/v1/audit?${query}`);
  }

  /** Makes a link that lets every bearer read one execution. `ttl` is in seconds. */
  link(executionId: string, ttl?: number): Promise<Link> {
    return makeLink(this.#to, executionId, ttl);
  }
}
