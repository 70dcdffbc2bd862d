import { type FollowerState, woken } from "./follower.ts";

/** A follower with its socket. */
export interface Follower extends FollowerState {
  socket: WebSocket;
  /** Whether it may have got references to pushes. Then its reader closes the socket, because it may ask for lines until the end. */
  referred: boolean;
  /** Its next page is on its way. */
  awaits_page?: boolean;
}

/** Stores a follower's state, so that it survives hibernation. */
export function remember({ socket, referred: _, awaits_page: __, ...state }: Follower): void {
  socket.serializeAttachment(state satisfies FollowerState);
}

/** The follower of a socket after hibernation. */
export function recall(socket: WebSocket, last_seq: number): Follower {
  const kept: FollowerState = socket.deserializeAttachment();
  // A reader of stored output is never live for long enough to get a push.
  const referred = kept.follow && kept.isolate !== undefined;
  return { ...woken(kept, last_seq), socket, referred };
}
