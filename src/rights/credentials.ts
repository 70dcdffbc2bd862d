/** Credential ids: the streams of a key or a token, and the sockets of an agent, are found and dropped by them. */
export function keyCredential(id: string): string {
  return `key-${id}`;
}

export function tokenCredential(id: string): string {
  return `token-${id}`;
}

/** The token of a run under one lease. */
export function runCredential({ execution_id, epoch }: { execution_id: string; epoch: number }): string {
  return `run-${execution_id}-${epoch}`;
}

export function agentCredential(id: string): string {
  return `agent-${id}`;
}
