import type { BatchHead } from "./log.ts";

/** A message of the Worker over a producer's socket: a batch that it has checked, behind its head. */
export function producerMessage({ head, body }: { head: BatchHead; body: string }): string {
  return `${JSON.stringify(head)}\n${body}`;
}

/** The batch of such a message. */
export function readProducerMessage(message: string): { head: BatchHead; body: string } {
  const end = message.indexOf("\n");
  return { head: JSON.parse(message.slice(0, end)) as BatchHead, body: message.slice(end + 1) };
}
