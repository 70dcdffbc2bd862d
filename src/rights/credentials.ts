/** Credential ids: the streams of a key or a token, and the sockets of an agent, are found and dropped by them. */
export function keyCredential(id: string): string {
  return `key-${id}`;
}

export function tokenCredential(id: string): string {
  return `token-${id}`;
}

export function agentCredential(id: string): string {
  return `agent-${id}`;
}
