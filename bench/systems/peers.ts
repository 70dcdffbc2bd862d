import { findDurableStreams } from "./durable-streams.ts";
import { findNchan } from "./nchan.ts";
import type { MissingPeer, Peer } from "./system.ts";

/** The installed peers, and those that are missing. */
export function findPeers(): { peers: Peer[]; missing: MissingPeer[] } {
  const found = [findNchan(), findDurableStreams("memory"), findDurableStreams("files")];
  return {
    peers: found.filter((peer) => "start" in peer),
    missing: found.filter((peer) => "missing" in peer),
  };
}
