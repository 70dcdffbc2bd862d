import type { EndedRow } from "../../index/ended.ts";
import type { EndedAnswers, EndedKind, EndedPage, EndedQueries, Versioned } from "../../objects/ended.ts";
import type { BatchOfLines, LinesPage, LinesQuery, TailQuery, TailStart } from "../../objects/log.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";
import type { PageCache } from "./page-cache.ts";

/** The sources of an ended output. */
export interface EndedSources {
  /**
   * The row, if the output is final and the caller may read it: each call reads the index and checks the rights again. It throws
   * if the caller has lost a right.
   */
  row(): Promise<EndedRow | undefined>;
  /** Asks the execution's object. */
  ask<Kind extends EndedKind>(
    kind: Kind,
    query: EndedQueries[Kind],
  ): Promise<Versioned<EndedAnswers[Kind]> | undefined>;
  cache: PageCache;
  /** Lets work go on after the answer. */
  later(work: Promise<void>): void;
}

/** A form in which pages are kept: its name is part of the key, and no state goes from one page to the next. */
export interface PageForm {
  name: string;
  write(lines: string): Uint8Array;
}

/** A page of an output as bytes of a form. */
export type WrittenPage = Omit<EndedPage, "lines"> & { bytes: Uint8Array };

/**
 * An output that has ended, read from the edge's cache and, where a page is missing, from its object. A key has the version of the
 * row; what is stored has the version of the object's answer. So a page is found only while the row says that it is still true,
 * however late it was stored.
 */
export class EndedOutput {
  readonly #id: string;
  readonly #sources: EndedSources;
  #row: EndedRow;

  private constructor(id: string, sources: EndedSources, row: EndedRow) {
    this.#id = id;
    this.#sources = sources;
    this.#row = row;
  }

  /** Undefined if the output is not final: it is to be read from its object. */
  static async open(id: string, sources: EndedSources): Promise<EndedOutput | undefined> {
    const row = await sources.row();
    return row && new EndedOutput(id, sources, row);
  }

  get row(): EndedRow {
    return this.#row;
  }

  /** Reads the row again, before a later page of a long answer; false if the output is not final any more. */
  async refresh(): Promise<boolean> {
    const row = await this.#sources.row();
    if (row) this.#row = row;
    return row !== undefined;
  }

  /** The page after a sequence number; undefined if the output is not final any more. */
  async page(after: number, form: PageForm): Promise<WrittenPage | undefined> {
    const entry = await this.#read("page", { after }, `${form.name}/${after}`, ({ lines, ...facts }) => ({
      facts,
      bytes: form.write(lines),
    }));
    return entry && { ...entry.facts, bytes: entry.bytes };
  }

  /** Where the last lines begin. */
  async tail(query: TailQuery): Promise<TailStart | undefined> {
    const key = `${query.types.join()}/${query.lines}`;
    const entry = await this.#read("tail", query, key, (facts) => ({ facts, bytes: new Uint8Array() }));
    return entry?.facts;
  }

  /** Whole batches around a line, or the last ones. */
  async lines(query: LinesQuery): Promise<LinesPage | undefined> {
    const { types, place, seq, lead, every } = query;
    const key = `${types.join()}/${place ?? ""}/${seq ?? ""}${lead ? `/lead${lead}` : ""}${every ? "/every" : ""}`;
    const entry = await this.#read("lines", query, key, writeLines);
    return entry && readLines(entry);
  }

  async #read<Kind extends EndedKind, Facts>(
    kind: Kind,
    query: EndedQueries[Kind],
    key: string,
    write: (answer: EndedAnswers[Kind]) => Entry<Facts>,
  ): Promise<Entry<Facts> | undefined> {
    const { cache, ask, later } = this.#sources;
    const keyOf = (version: number) => `${this.#id}/${version}/${kind}/${key}`;
    const kept = await cache.get(keyOf(this.#row.version));
    const entry = kept && readEntry<Facts>(kept);
    if (entry) return entry;
    const answered = await ask(kind, query);
    if (!answered) return undefined;
    const written = write(answered.answer);
    later(cache.put(keyOf(answered.version), writeEntry(written)));
    return written;
  }
}

interface LinesFacts extends Omit<LinesPage, "batches"> {
  batches: (Omit<BatchOfLines, "body"> & { bytes: number })[];
}

function writeLines({ batches, ...facts }: LinesPage): Entry<LinesFacts> {
  const bodies = batches.map(({ body }) => new TextEncoder().encode(body));
  const heads = batches.map(({ body: _, ...head }, at) => ({ ...head, bytes: bodies[at]?.length ?? 0 }));
  return { facts: { ...facts, batches: heads }, bytes: new Uint8Array(Buffer.concat(bodies)) };
}

function readLines({ facts, bytes }: Entry<LinesFacts>): LinesPage {
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let at = 0;
  const batches = facts.batches.map(({ bytes: length, ...head }) => {
    const body = decoder.decode(bytes.subarray(at, at + length));
    at += length;
    return { ...head, body };
  });
  return { ...facts, batches };
}
