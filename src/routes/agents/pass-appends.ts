import { TailraceError } from "../../../protocol/base/errors.ts";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { APPEND_MESSAGE_CHARS_MAX, APPEND_SOCKET_IDLE_MS } from "../../../protocol/base/limits.ts";
import type { AppendResult } from "../../../protocol/wire/append.ts";
import { readBatch } from "../../../protocol/wire/batch.ts";
import { producerMessage } from "../../objects/producer.ts";
import { acknowledged } from "./acknowledged.ts";
import { countBatch } from "./count-batch.ts";

/**
 * Passes a producer's batches to its log, one at a time, each checked as a posted one is. `admit` throws if none may be stored now. A
 * refusal is sent, and closes both sockets, as does any failure and a long silence: the producer posts its next batch.
 */
export function passAppends(log: WebSocket, admit: () => Promise<void>): WebSocket {
  const { 0: client, 1: producer } = new WebSocketPair();
  let is_waiting = false;
  /** The batch that waits for its answer. */
  let sent: Parameters<typeof countBatch>[0] | undefined;
  let is_over = false;
  let idle: ReturnType<typeof setTimeout> | null = null;
  const end = (code: number, reason: string) => {
    is_over = true;
    clearTimeout(idle);
    for (const socket of [log, producer])
      if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
  };
  const refuse = (error: unknown) => {
    if (is_over) return;
    if (!(error instanceof TailraceError)) {
      console.error(`a batch over a socket failed: ${failureText(error)}`);
      end(1011, "failed");
      return;
    }
    producer.send(JSON.stringify(error.toBody()));
    end(1008, error.code);
  };
  const wait = () => {
    clearTimeout(idle);
    idle = setTimeout(() => end(1001, "idle"), APPEND_SOCKET_IDLE_MS);
  };
  const pass = async (data: string | ArrayBuffer) => {
    if (is_waiting) throw new TailraceError("invalid", "A batch came before the answer to the last one.");
    is_waiting = true;
    const { body, ...head } = readBatch(textOf(data));
    const arrived_ms = Date.now();
    await admit();
    if (is_over) return;
    sent = { head, body, arrived_ms };
    log.send(producerMessage({ head, body }));
  };
  producer.addEventListener("message", ({ data }) => {
    if (is_over) return;
    wait();
    pass(data).catch(refuse);
  });
  log.addEventListener("message", ({ data }) => {
    if (is_over) return;
    is_waiting = false;
    try {
      const result = JSON.parse(String(data)) as AppendResult;
      if (sent && result.kind === "appended") countBatch(sent);
      sent = undefined;
      producer.send(JSON.stringify(acknowledged(result)));
    } catch (error) {
      refuse(error);
    }
  });
  for (const socket of [log, producer]) {
    socket.addEventListener("close", () => end(1001, "the other side has closed"));
    socket.addEventListener("error", () => end(1011, "the other side is lost"));
    socket.accept();
  }
  wait();
  return client;
}

/** The text of a message in bounds. */
function textOf(data: string | ArrayBuffer): string {
  if (typeof data !== "string") throw new TailraceError("invalid", "A batch is text.");
  if (data.length <= APPEND_MESSAGE_CHARS_MAX) return data;
  throw new TailraceError("too_large", `A message has more than ${APPEND_MESSAGE_CHARS_MAX} characters.`);
}
