/** What the followers of a key and of a token, and the sockets of an agent, are known by. */
export function keyCredential(id: string): string {
  return `key-${id}`;
}

export function tokenCredential(id: string): string {
  return `token-${id}`;
}

export function agentCredential(id: string): string {
  return `agent-${id}`;
}
