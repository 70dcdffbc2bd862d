/** The close code and reason of a follower whose credential has become void. */
export const DROPPED_CODE = 1008;
export const DROPPED_REASON = "the credential is void";

/** The header, only between our own objects, with the credential that authorised a follower. */
const CREDENTIAL_HEADER = "x-tailrace-credential";

/** Headers of a request that opens a follower's socket at an object. */
export function followerHeaders({ credential }: { credential: string | null }): Record<string, string> {
  return { upgrade: "websocket", ...(credential === null ? {} : { [CREDENTIAL_HEADER]: credential }) };
}

/** The header, only between our own objects, with the agent whose secret opened a socket. */
const AGENT_HEADER = "x-tailrace-agent";

/** Headers of a request that opens an agent's socket at its pool. */
export function agentHeaders(principal: {
  credential: string | null;
  agent_id?: string;
}): Record<string, string> {
  const { agent_id } = principal;
  return { ...followerHeaders(principal), ...(agent_id === undefined ? {} : { [AGENT_HEADER]: agent_id }) };
}

/** The agent whose secret opened a socket; undefined for a pool's key. */
export function agentOf(request: Request): string | undefined {
  return request.headers.get(AGENT_HEADER) ?? undefined;
}

/** The tags of a follower's socket: its credential, by which the socket is found again. */
export function tagsOf(request: Request): string[] {
  const credential = request.headers.get(CREDENTIAL_HEADER);
  return credential === null ? [] : [credential];
}

/** How many sockets a credential has open at an object. */
export function countOpen(ctx: DurableObjectState, credential: string): number {
  return ctx.getWebSockets(credential).filter((socket) => socket.readyState === WebSocket.OPEN).length;
}

/** The header, only between our own objects, with the lease of a producer's socket, as JSON. */
const PRODUCER_HEADER = "x-tailrace-producer";

/** The tag of a producer's socket. No credential has this name. */
export const PRODUCER_TAG = "producer";

/** Headers of a request that opens a producer's socket at an execution. */
export function producerHeaders(lease: {
  epoch: number;
  agent_id: string;
  pool: string;
}): Record<string, string> {
  const { epoch, agent_id, pool } = lease;
  return { upgrade: "websocket", [PRODUCER_HEADER]: JSON.stringify({ epoch, agent_id, pool }) };
}

/** The lease of a request that opens a producer's socket; undefined for a follower's. */
export function producerOf(request: Request): string | undefined {
  return request.headers.get(PRODUCER_HEADER) ?? undefined;
}

/** Whether a socket is a producer's, and not a follower's. */
export function isProducer(ctx: DurableObjectState, socket: WebSocket): boolean {
  return ctx.getTags(socket).includes(PRODUCER_TAG);
}
