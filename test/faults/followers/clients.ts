import { Client, type FollowOptions, type Transport } from "../../../protocol/client/client.ts";
import type { Outcome } from "../facts.ts";
import { failed, type Reading, untilEnded } from "./reading.ts";

/** Follows with our own client, which resumes by itself. A reader that vanishes comes back with its cursor. */
export async function readByClient(reading: Reading, transport: Transport): Promise<Outcome> {
  const { recording, pace, signal } = reading;
  try {
    while (!signal.aborted) {
      const leaving = new AbortController();
      const options = optionsOf(reading, AbortSignal.any([signal, leaving.signal]));
      for await (const record of reading.client.follow(reading.execution, { ...options, transport })) {
        recording.take(record);
        if (!recording.hasEnded && (await pace.rest())) leaving.abort();
      }
      if (recording.hasEnded) return { how: "end" };
      if (!leaving.signal.aborted) break;
      await pace.absence();
    }
  } catch (error) {
    return failed(error);
  }
  return signal.aborted ? { how: "stopped" } : { how: "unfinished" };
}

/** Reads page after page until the end. */
export function readPages(reading: Reading): Promise<Outcome> {
  const { execution, recording, pace, signal } = reading;
  const client = new Client(reading.to);
  return untilEnded(reading, async () => {
    const options = { ...optionsOf(reading, signal), follow: false };
    for await (const record of client.follow(execution, options)) {
      recording.take(record);
      if (!recording.hasEnded && (await pace.rest())) break;
    }
    return recording.hasEnded ? "ended" : "left";
  });
}

function optionsOf({ recording, type, tail }: Reading, signal: AbortSignal): FollowOptions {
  const after = recording.cursor;
  return {
    signal,
    ...(after === undefined ? { tail: tail ?? 0 } : { after }),
    ...(type === undefined ? {} : { type }),
  };
}
