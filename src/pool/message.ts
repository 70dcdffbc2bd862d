import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { AGENT_MESSAGE_CHARS_MAX } from "../../protocol/base/limits.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import { AgentMessage, type PoolMessage } from "../../protocol/wire/agent.ts";
import { issueText } from "../../protocol/wire/batch.ts";

/** Parses a message of an agent, or returns what is wrong with it. */
export function readMessage(message: string | ArrayBuffer): AgentMessage | TailraceError {
  if (typeof message !== "string") return new TailraceError("invalid", "An agent's message is text.");
  if (message.length > AGENT_MESSAGE_CHARS_MAX) {
    return new TailraceError("too_large", `A message has at most ${AGENT_MESSAGE_CHARS_MAX} characters.`);
  }
  let value: unknown;
  try {
    value = parseJson(message);
  } catch (error) {
    if (error instanceof TailraceError) return error;
    return new TailraceError("invalid", "The message is not JSON.");
  }
  const parsed = v.safeParse(AgentMessage, value);
  return parsed.success ? parsed.output : new TailraceError("invalid", issueText(parsed.issues[0]));
}

/** Sends a message to an agent. It is lost if the socket is closing. */
export function send(socket: WebSocket, message: PoolMessage): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(writeExact(message));
}
