import type { Client } from "../../../protocol/client/client.ts";
import type { Act, Allowances, Expiry, Facts, Journal, Seen, Wanted } from "../facts.ts";
import { isGone, readReplay } from "./replay.ts";

/** The harness's own knowledge of executions, besides the server's answers. */
export interface Known {
  journals: ReadonlyMap<string, Journal[]>;
  followers: ReadonlyMap<string, Seen[]>;
  acts: ReadonlyMap<string, Act[]>;
  /** The requests whose answer has come. */
  wanted: ReadonlyMap<string, Wanted>;
  allowances: (id: string) => Allowances;
}

/** Reads everything that the server says of an execution and of those below it, at the end, on a connection without faults. */
export async function gatherFacts(
  client: Client,
  id: string,
  known: Known,
  above?: Pick<Facts, "acts" | "expiry">,
): Promise<Facts> {
  const document = (await unlessGone(() => client.get(id))) ?? "gone";
  const replay = document === "gone" ? "gone" : await readReplay(client, id);
  // An act on a parent applies to all executions below it, and they are retained like it.
  const acts = [...(above?.acts ?? []), ...(known.acts.get(id) ?? [])];
  const expiry = above ? above.expiry : expiryOf(known.wanted.get(id));
  const ids = document === "gone" ? [] : (document.children ?? []);
  const children: Facts[] = [];
  for (const child of ids) children.push(await gatherFacts(client, child, known, { acts, expiry }));
  const allowed = known.allowances(id);
  const is_limited = document !== "gone" && LIMITED.test(document.action.ref);
  const allowances = is_limited ? { ...allowed, gap_reasons: [...allowed.gap_reasons, "limit"] } : allowed;
  const journals = known.journals.get(id) ?? [];
  const followers = known.followers.get(id) ?? [];
  const read_ms = Date.now();
  return { id, document, replay, journals, followers, acts, expiry, read_ms, allowances, children };
}

function expiryOf(wanted: Wanted | undefined): Expiry | undefined {
  if (wanted === undefined) return undefined;
  const { output_ttl_days, execution_ttl_days } = wanted.request.retention ?? {};
  if (execution_ttl_days) return "all";
  return output_ttl_days ? "output" : "nothing";
}

/** An action whose output has a limit that its programs exceed. */
const LIMITED = /\.limited$/;

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
