import * as v from "valibot";
import { TailraceError } from "../base/errors.ts";
import { REGISTER_PAGE_BYTES_MAX } from "../base/limits.ts";
import type { PackSpec, RegisterActions } from "../model/action.ts";
import { digestOf, pagesOf } from "../model/pack-pages.ts";
import { asOurs, type Connection, call, isTransient, segment, tryLimit } from "./request.ts";

/** A pool's answer: the packs that it has in another version, or not at all. */
const Offered = v.object({ changed: v.array(v.string()) });

type PackInput = NonNullable<RegisterActions["packs"]>[number];

/** Packs and their actions, to register with a pool. A pack without metadata is named by its reference. */
export interface Registration {
  pool: string;
  packs?: PackInput[];
  actions: RegisterActions["actions"];
}

/**
 * Registers packs with a pool. Each gets exactly these actions, all at once. Packs that the pool has already are not sent again. A
 * refused pack is given to `onRefused`, and the others are registered. Without `onRefused`, the refusal is thrown.
 */
export async function register(
  to: Connection,
  { pool, packs = [], actions }: Registration,
  onRefused?: (ref: string, error: TailraceError) => void,
): Promise<{ registered: number }> {
  const wanted = await Promise.all(namedPacks(packs, actions).map((pack) => entryOf(pack, actions)));
  const path = `/agent/v1/pools/${segment(pool)}/packs`;
  const offer = { packs: wanted.map(({ pack, digest }) => ({ ref: pack.ref, digest })) };
  const { changed } = asOurs(Offered, await call<unknown>(to, "POST", path, offer, tryLimit()));
  let registered = 0;
  for (const entry of wanted) {
    try {
      if (changed.includes(entry.pack.ref)) await registerPack(to, path, entry);
      registered += entry.actions.length;
    } catch (error) {
      if (!onRefused || !(error instanceof TailraceError) || isTransient(error)) throw error;
      onRefused(entry.pack.ref, error);
    }
  }
  return { registered };
}

interface Entry {
  pack: PackInput;
  actions: RegisterActions["actions"];
  digest: string;
}

async function entryOf(pack: PackInput, all: RegisterActions["actions"]): Promise<Entry> {
  const actions = all.filter((action) => action.pack === pack.ref);
  return { pack, actions, digest: await digestOf(pack, actions) };
}

function namedPacks(packs: PackInput[], actions: RegisterActions["actions"]): PackInput[] {
  const refs = new Set(actions.map(({ pack }) => pack));
  for (const { ref } of packs) refs.delete(ref);
  return [
    ...packs,
    ...[...refs].map((ref): PackSpec => ({ ref, name: ref, version: "", description: "", author: "" })),
  ];
}

/** Starts again if another agent has begun to register the same pack in between. */
async function registerPack(to: Connection, path: string, { pack, actions, digest }: Entry): Promise<void> {
  const total = actions.length;
  for (let attempt = 1; ; attempt++) {
    try {
      for (const page of pagesOf(actions)) {
        const body = { pack, digest, total, ...page };
        await call(to, "POST", `${path}/${pack.ref}/actions`, body, tryLimit(REGISTER_PAGE_BYTES_MAX));
      }
      return;
    } catch (error) {
      const is_overtaken = error instanceof TailraceError && error.code === "gap";
      if (!is_overtaken || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

const ATTEMPTS_MAX = 5;
