import type { Context } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { OpenCounts } from "../../base/open-counts.ts";
import type { AppEnv } from "../../http/context.ts";
import type { TailStart } from "../../objects/log.ts";
import type { EndedOutput, PageForm, WrittenPage } from "../../reading/ended/ended-output.ts";
import { pagesResponse, type Rest } from "../../reading/ended/response.ts";
import { type Frames, NDJSON_FRAMES } from "../../reading/formats/format.ts";
import { isolateName } from "../../reading/pushes.ts";
import { followResponse, streamHeaders } from "../../reading/response.ts";
import { type Select, selectLines } from "../../reading/select.ts";
import { cachedPagesMax, type DemandRead, endedOutput } from "./ended.ts";
import { framesOf, openFollower, typesOf } from "./follower.ts";
import { type Format, hasAll, lastEventId, type OutputQuery, queryOf } from "./query.ts";

const RAW: PageForm = { name: "ndjson", write: NDJSON_FRAMES.output };

/** The answers of more than one page that each credential has open. */
const open = new OpenCounts();

/** An ended output in pages; undefined if it is to be read from its object. */
export async function pagesOfEnded(
  c: Context<AppEnv>,
  { id, format, demandRead }: { id: string; format: Exclude<Format, "websocket">; demandRead: DemandRead },
): Promise<Response | undefined> {
  const ended = await endedOutput(c, id, demandRead);
  if (!ended) return undefined;
  const query = queryOf(c, format);
  const start = await startOf(ended, query);
  if (!start) return undefined;
  const { action: action_ref, runner: runner_ref } = ended.row;
  const frames = framesOf(format, id, { action_ref, runner_ref }, false);
  const select = selectLines({ type: query.type, from: start.from });
  const pageAfter = pageReader(ended, { format, query, start, frames, select });
  const first = await pageAfter(start.after);
  if (!first) return undefined;
  if (await isRepeated(c, ended, first)) return c.body(null, 204);

  // The body of an answer to HEAD is never read, and would stay open.
  if (c.req.method === "HEAD") return new Response(null, { headers: streamHeaders(frames) });

  const { signal } = c.req.raw;
  const restOf = (): Rest => {
    const over = admitPages(c);
    let pages_left = cachedPagesMax(c.env) - 1;
    return {
      async page(after) {
        if (pages_left-- <= 0) return undefined;
        return (await ended.refresh()) ? pageAfter(after) : undefined;
      },
      async follow(after) {
        const socket = await openFollower(c, { id, query, after, isolate: isolateName() });
        const { body } = followResponse(socket, frames, select, signal);
        if (!body) throw new TailraceError("unavailable");
        return body;
      },
      over,
    };
  };
  return pagesResponse(first, restOf, frames, signal);
}

/** Whether an EventSource that has the whole output asks again. Its address may name an earlier place than its last event. */
async function isRepeated(c: Context<AppEnv>, ended: EndedOutput, first: WrittenPage): Promise<boolean> {
  const last_id = lastEventId(c);
  const last = first.end || last_id === 0 ? first : await ended.page(last_id, RAW);
  const end = last?.end;
  return end !== undefined && hasAll(c, end.last_seq);
}

async function startOf(ended: EndedOutput, query: OutputQuery): Promise<TailStart | undefined> {
  const { after, tail } = query;
  return tail === undefined ? { after } : ended.tail({ types: typesOf(query), lines: tail });
}

interface Reading {
  format: Format;
  query: OutputQuery;
  start: TailStart;
  frames: Frames;
  select: Select;
}

/**
 * Reads pages in the reader's format. The cache keeps them in this format, unless they depend on the page before: then it keeps
 * the records, and they are written for each reader.
 */
function pageReader(
  ended: EndedOutput,
  { format, query: { type }, start, frames, select }: Reading,
): (after: number) => Promise<WrittenPage | undefined> {
  const is_known = type === undefined || OUTPUT_TYPES.some((one) => one === type);
  if (format !== "plain" && start.from === undefined && is_known) {
    // The events of both services have the same output.
    const name = format === "events" ? "sse" : format;
    const form = {
      name: `${name}${type ?? ""}`,
      write: (lines: string) => frames.output(select.lines(lines)),
    };
    return (after) => ended.page(after, form);
  }
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  return async (after) => {
    const page = await ended.page(after, RAW);
    return page && { ...page, bytes: frames.output(select.lines(decoder.decode(page.bytes))) };
  };
}

/** Counts a long answer under its credential. The deployment's first key has no limit. Returns what ends the count. */
function admitPages(c: Context<AppEnv>): () => void {
  const { credential } = c.get("principal");
  if (credential === null) return () => undefined;
  const { STREAMS_PER_KEY_MAX: streams_max } = c.env;
  if (!open.take(credential, streams_max))
    throw new TailraceError("too_many", `The key has ${streams_max} streams open; close some first.`);
  return () => open.give(credential);
}
