import type { Client } from "../../../protocol/client.ts";
import type { Act, Allowances, Facts, Journal, Seen } from "../facts.ts";
import { isGone, readReplay } from "./replay.ts";

/** What the harness knows of executions besides what the server says. */
export interface Known {
  journals: ReadonlyMap<string, Journal[]>;
  followers: ReadonlyMap<string, Seen[]>;
  acts: ReadonlyMap<string, Act[]>;
  allowances: (id: string) => Allowances;
}

/** Reads all that the server says of an execution and of those below it, once all is over, on a connection without faults. */
export async function gatherFacts(
  client: Client,
  id: string,
  known: Known,
  above: Act[] = [],
): Promise<Facts> {
  const document = (await unlessGone(() => client.get(id))) ?? "gone";
  const replay = document === "gone" ? "gone" : await readReplay(client, id);
  // What is done to a parent is done to all below it.
  const acts = [...above, ...(known.acts.get(id) ?? [])];
  const ids = document === "gone" ? [] : (document.children ?? []);
  const children: Facts[] = [];
  for (const child of ids) children.push(await gatherFacts(client, child, known, acts));
  const allowed = known.allowances(id);
  const is_limited = document !== "gone" && LIMITED.test(document.action.ref);
  const allowances = is_limited ? { ...allowed, gap_reasons: [...allowed.gap_reasons, "limit"] } : allowed;
  const journals = known.journals.get(id) ?? [];
  const followers = known.followers.get(id) ?? [];
  return { id, document, replay, journals, followers, acts, allowances, children };
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
