/** One of the compared systems, which do the same work. */
export interface System {
  name: string;
  /** Set if followers can also connect by WebSocket. */
  has_sockets: boolean;
  /** The process whose memory counts. */
  pid: number;
  /** A new, empty stream that takes batches. */
  open: () => Promise<Stream>;
  stop: () => Promise<void>;
}

/** One stream of a system. Batches come in order, one at a time. */
export interface Stream {
  url: string;
  headers: Record<string, string>;
  append_path: string;
  append_headers: Record<string, string>;
  sse_path: string;
  socket_path: string | undefined;
  text_path: string | undefined;
  /** Whether a WebSocket follower must grant credit. */
  wants_credit: boolean;
  close: () => Promise<void>;
}

/** Another program that streams to many readers. It is measured where it is installed. */
export interface Peer {
  name: string;
  version: string;
  start: () => Promise<System>;
}

/** A peer that is not installed, and how to install it. */
export interface MissingPeer {
  name: string;
  missing: string;
}
