import { TailraceError } from "../../protocol/base/errors.ts";
import type { Action } from "../../protocol/model/action.ts";
import { DEFAULT_POOL } from "../../protocol/model/default-pool.ts";
import { placementSettings } from "../../protocol/model/tags.ts";
import { type ActionRow, toAction } from "./actions.ts";

/** One pool's offer of an action. */
export interface Offer {
  pool: string;
  ref: string;
  tags: unknown[];
  /** The offer is older than pools, and its pool has not registered the pack since. */
  is_earlier: boolean;
}

/** A request's name for an action: its reference or id, and optionally a pool. */
export interface Named {
  ref_or_id: string;
  pool?: string | undefined;
}

/** The offers of all pools, by pool name. The most likely one comes complete, in the same round trip. */
export async function offersOf(
  index: D1Database,
  { ref_or_id, pool = DEFAULT_POOL }: Named,
): Promise<{ offers: Offer[]; likely: Action | undefined }> {
  const [offers, likely] = await index.batch<OfferRow & ActionRow>([
    index
      .prepare(
        `SELECT pool, ref, json_extract(document, '$.tags') AS tags, NOT EXISTS (SELECT 1 FROM packs
           WHERE packs.pool = actions.pool AND packs.ref = actions.pack AND packs.digest <> '') AS is_earlier
         FROM actions WHERE ref = ?1 OR id = ?1 ORDER BY pool LIMIT ?2`,
      )
      .bind(ref_or_id, OFFERS_MAX),
    index
      .prepare(
        `SELECT pool, id, document FROM actions WHERE ref = ?1 OR id = ?1
         ORDER BY pool = ?2 DESC, pool LIMIT 1`,
      )
      .bind(ref_or_id, pool),
  ]);
  const [row] = likely?.results ?? [];
  return {
    offers: (offers?.results ?? []).map((offer) => ({
      pool: offer.pool,
      ref: offer.ref,
      tags: JSON.parse(offer.tags ?? "[]"),
      is_earlier: offer.is_earlier === 1,
    })),
    likely: row && toAction(row),
  };
}

interface OfferRow {
  pool: string;
  ref: string;
  tags: string | null;
  is_earlier: number;
}

/** The most offers that a request reads. */
const OFFERS_MAX = 1_000;

/**
 * Chooses the offer for a request: that of the named pool, else of the only pool, else of the default pool. If that
 * action's tags name another pool, its offer is chosen. An offer older than pools counts as the default pool's, and any
 * later offer comes before it, because its agents may belong to another pool today. Undefined if there is none. Throws if
 * the pool lacks the action, or if several pools are possible.
 */
export function chooseOffer(offers: Offer[], { ref_or_id, pool }: Named): Offer | undefined {
  if (offers.length === 0) return undefined;
  const of = (name: string) => offers.find((offer) => offer.pool === name);
  const action = `Action "${ref_or_id}"`;
  if (pool !== undefined) {
    const text = `${action} is not offered by the pool "${pool}"; it is by: ${namesOf(offers)}.`;
    return of(pool) ?? refuse("invalid", text);
  }
  const later = offers.filter(({ is_earlier }) => !is_earlier);
  const meant = later.length > 0 ? later : offers;
  const plain = meant.length === 1 ? meant[0] : meant.find((offer) => offer.pool === DEFAULT_POOL);
  const tagged = plain ? taggedPool(plain) : commonTaggedPool(meant);
  if (tagged !== undefined) {
    const text = `${action} is to run in the pool "${tagged}" by its tags; it is offered by: ${namesOf(offers)}.`;
    return of(tagged) ?? refuse("invalid", text);
  }
  return (
    plain ?? refuse("ambiguous_pool", `${action} is offered by several pools: ${namesOf(meant)}. Name one.`)
  );
}

/** The pool that an action's own tags name. */
function taggedPool({ tags }: Offer): string | undefined {
  return placementSettings(tags).pool;
}

/** The pool that the tags of all offers name. */
function commonTaggedPool(offers: Offer[]): string | undefined {
  const pools = new Set(offers.map(taggedPool));
  return pools.size === 1 ? [...pools][0] : undefined;
}

function namesOf(offers: Offer[]): string {
  const names = offers.slice(0, NAMED_MAX).map(({ pool }) => pool);
  return names.join(", ") + (offers.length > NAMED_MAX ? " …" : "");
}

/** Pools that one text names. */
const NAMED_MAX = 20;

function refuse(code: "invalid" | "ambiguous_pool", text: string): never {
  throw new TailraceError(code, text);
}
