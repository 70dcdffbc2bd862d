import type { Fetch } from "../protocol/client/client.ts";
import { AGENT_RUNNERS, type AgentRunnerName } from "../protocol/model/action.ts";
import { PROTOCOL_HEADER, PROTOCOL_VERSION, RUNNERS_BEFORE, readRange } from "../protocol/wire/version.ts";

/** The protocol version of the server, as its last answer has stated it. */
export class Spoken {
  #version = PROTOCOL_VERSION;

  /** The same requests; it reads the version from each answer. */
  listening(fetch: Fetch): Fetch {
    return async (url, init) => {
      const response = await fetch(url, init);
      const range = readRange(response.headers.get(PROTOCOL_HEADER) ?? "");
      if (range) this.#version = Math.min(PROTOCOL_VERSION, range.max);
      return response;
    };
  }

  /** The runners that the server knows. An earlier server refuses an agent, or a pack, with a name that it does not know. */
  get runners(): AgentRunnerName[] {
    return AGENT_RUNNERS.filter((runner) => this.knows(runner));
  }

  knows(runner: string): boolean {
    return this.#version >= PROTOCOL_VERSION || RUNNERS_BEFORE.some((known) => known === runner);
  }
}
