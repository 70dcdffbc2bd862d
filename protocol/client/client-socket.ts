/** The part of a WebSocket that a client uses: the runtime's own, or a library's. A `readyState` of 0 is connecting, 1 is open. */
export interface ClientSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: "error", listener: (event: object) => void): void;
}

/** The `readyState` of a socket that takes messages. */
export const SOCKET_OPEN = 1;
