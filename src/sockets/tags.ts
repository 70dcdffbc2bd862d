/** How a follower that was let in by a credential is dropped, once that is void. */
export const DROPPED_CODE = 1008;
export const DROPPED_REASON = "the credential is void";

/** The header, of requests between our own objects only, that says which credential let a follower in. */
const CREDENTIAL_HEADER = "x-tailrace-credential";

/** Headers of a request that opens a follower's socket at an object. */
export function followerHeaders({ credential }: { credential: string | null }): Record<string, string> {
  return { upgrade: "websocket", ...(credential === null ? {} : { [CREDENTIAL_HEADER]: credential }) };
}

/** The header, of requests between our own objects only, that says which agent's secret let a socket in. */
const AGENT_HEADER = "x-tailrace-agent";

/** Headers of a request that opens an agent's socket at its pool. */
export function agentHeaders(principal: {
  credential: string | null;
  agent_id?: string;
}): Record<string, string> {
  const { agent_id } = principal;
  return { ...followerHeaders(principal), ...(agent_id === undefined ? {} : { [AGENT_HEADER]: agent_id }) };
}

/** The agent whose secret let a socket in; undefined where a pool's key did. */
export function agentOf(request: Request): string | undefined {
  return request.headers.get(AGENT_HEADER) ?? undefined;
}

/** The tags of a follower's socket: the credential that let it in, by which it is found again. */
export function tagsOf(request: Request): string[] {
  const credential = request.headers.get(CREDENTIAL_HEADER);
  return credential === null ? [] : [credential];
}

/** How many sockets of an object a credential has opened. */
export function countOpen(ctx: DurableObjectState, credential: string): number {
  return ctx.getWebSockets(credential).filter((socket) => socket.readyState === WebSocket.OPEN).length;
}
