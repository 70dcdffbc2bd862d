import { answered } from "../../index/answered.ts";
import { writeRow } from "../../index/executions.ts";
import { executionStub } from "../../objects/execution.ts";
import type { Event } from "../decide/decide.ts";
import type { Stored } from "../family/stored.ts";
import { LogSearch } from "../log/redact-log.ts";
import { Sought } from "../log/redact-search.ts";
import { binaryOf, blankIn, variantsOf } from "../log/redact-text.ts";
import type { Relays } from "../log/relays.ts";
import { changeOf } from "../state/redact-stored.ts";

/**
 * Removes texts from everything that is stored of an ended execution, of its children, and in its relays. Rejects if a part cannot be
 * rewritten now. A repetition finds only the parts that are not rewritten yet.
 */
export async function redactAll(stored: Stored, relays: Relays): Promise<Event[]> {
  const { env, record } = stored;
  const given = record.redaction;
  if (given.length === 0) return [];
  await withdrawOutput(stored);
  const texts = variantsOf(given);
  await rewriteLog(stored, texts);
  await relays.forget();
  rewriteValues(stored, texts);
  for (const id of stored.childIds) {
    const child = await executionStub(env, id).redact(given);
    if (child !== undefined && (child.kind === "refused" || !child.done))
      throw new Error(`child ${id} is not redacted yet`);
  }
  return [{ kind: "redacted", texts: given }];
}

/**
 * Writes the row without its offer: from then on no request finds a page of the edge's cache. It rejects if the index does not
 * confirm it, and the redaction is tried again.
 */
async function withdrawOutput(stored: Stored): Promise<void> {
  const { version } = stored.record.existing;
  await answered(writeRow(stored.env.INDEX, stored.document(), version));
}

/** Rewrites the log portion by portion. Each portion is one transaction, so that a text is blanked in all its rows at once. */
async function rewriteLog({ storage, log }: Stored, texts: readonly string[]): Promise<void> {
  const encoder = new TextEncoder();
  const search = new LogSearch(texts.map((text) => binaryOf(encoder.encode(text))));
  for (let seq: number | undefined = 0; seq !== undefined; ) {
    const from: number = seq;
    seq = storage.transactionSync(() => log.redact(from, search));
    await storage.sync();
  }
}

function rewriteValues(stored: Stored, texts: readonly string[]): void {
  const { record, children } = stored;
  const sought = texts.map((text) => new Sought(text));
  const change = changeOf(record.existing.spec, (value) => blankIn(value, sought));
  stored.transaction(() => {
    record.rewrite(change);
    children.rewrite(change);
  });
}
