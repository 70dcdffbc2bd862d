import fc from "fast-check";
import { expect, it } from "vitest";
import { decide } from "../../src/execution/decide/decide.ts";
import { isFinal, offerOf } from "../../src/execution/state/final.ts";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import type { EndedRow } from "../../src/index/ended.ts";
import { EndedOutput, type EndedSources } from "../../src/reading/ended/ended-output.ts";
import { contextOf, NOW_MS, stateIn } from "../decide/states.ts";

/** An execution's object, its row and the cache. Each call takes two hops: a moment until it is done, and one until its answer. */
class World {
  readonly #hop: () => Promise<unknown>;
  /** Each place of the log has every secret. It is rewritten place by place. */
  readonly #log: string[];
  readonly #kept = new Map<string, Uint8Array>();
  #state: ExecutionState = stateIn("succeeded", { end_ms: NOW_MS, outbox: OUTBOX });
  #redaction: string[] = [];
  #row = { version: 0, output_version: null as number | null };
  readonly acknowledged: string[] = [];

  constructor(hop: () => Promise<unknown>, secrets: string[]) {
    this.#hop = hop;
    this.#log = [secrets.join(" "), secrets.join(" ")];
  }

  /** The outbox's entry for the index: it may arrive at any time, also after later ones. */
  async tell(): Promise<void> {
    await this.#write(this.#state);
  }

  /** What the object does for a request to redact, up to its answer. */
  async redact(secret: string): Promise<void> {
    await this.#hop();
    this.#take({ kind: "redact", texts: [secret] });
    await this.#write(this.#state);
    for (const [place, text] of this.#log.entries()) {
      this.#log[place] = text.replaceAll(secret, "****");
      await this.#hop();
    }
    this.#take({ kind: "redacted", texts: [secret] });
    void this.tell();
    await this.#hop();
    this.acknowledged.push(secret);
  }

  /** What the Worker does for a request to read. */
  async read(): Promise<string> {
    const sources: EndedSources = {
      row: () =>
        this.#call((): EndedRow | undefined => {
          const { version, output_version } = this.#row;
          return version === output_version
            ? { action: "core.local", runner: "", pool: "default", version }
            : undefined;
        }),
      ask: (_, query) =>
        this.#call(() => {
          if (!isFinal(this.#state)) return undefined;
          const page = { lines: `${this.#log.join("")} ${JSON.stringify(query)}`, last_seq: 1 };
          return { version: this.#state.version, answer: page as never };
        }),
      cache: {
        get: (key) => this.#call(() => this.#kept.get(key)),
        put: (key, page) => this.#call(() => void this.#kept.set(key, page)),
      },
      later: () => undefined,
    };
    const ended = await EndedOutput.open("an execution", sources);
    const page = await ended?.page(0, { name: "ndjson", write: (lines) => new TextEncoder().encode(lines) });
    return page ? new TextDecoder().decode(page.bytes) : this.#call(() => this.#log.join(""));
  }

  #take(event: { kind: "redact" | "redacted"; texts: string[] }): void {
    const { state, rows } = decide(this.#state, event, contextOf({ redaction: this.#redaction }));
    for (const row of rows) if (row.kind === "redaction") this.#redaction = [...row.texts];
    this.#state = state;
  }

  /** The statement of `writeRow`. */
  #write(state: ExecutionState): Promise<void> {
    const { version } = state;
    const output_version = offerOf(state) ? version : null;
    return this.#call(() => {
      if (version > this.#row.version) this.#row = { version, output_version };
    });
  }

  async #call<Answer>(work: () => Answer): Promise<Answer> {
    await this.#hop();
    const answer = work();
    await this.#hop();
    return answer;
  }
}

const OUTBOX = { index: true, pool: null, parent: false, announced: 1 };

it("a reader that begins after a redaction's answer sees none of its texts, however requests and writes overtake each other", async () => {
  let from_cache = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 2 }), async (s, count) => {
      const hop = () => s.schedule(Promise.resolve());
      const secrets = ["aaaa", "bbbb"].slice(0, count);
      const world = new World(hop, secrets);
      const readOften = async () => {
        for (let times = 0; times < 6; times++) {
          const acknowledged = [...world.acknowledged];
          const seen = await world.read();
          if (seen.includes("{")) from_cache++;
          for (const secret of acknowledged) expect(seen).not.toContain(secret);
        }
      };
      const redactAll = async () => {
        for (const secret of secrets) await world.redact(secret);
      };
      await s.waitFor(Promise.all([world.tell(), redactAll(), readOften(), readOften(), readOften()]));
    }),
    { numRuns: 500 },
  );
  expect(from_cache).toBeGreaterThan(500);
});
