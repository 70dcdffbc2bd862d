import * as v from "valibot";
import { ACTIONS_MAX, PACKS_MAX, PAGE_ACTIONS_MAX } from "../base/limits.ts";
import { PackSpec, RegisteredAction } from "../model/action.ts";

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ACTIONS_MAX));

/** `POST /agent/v1/pools/{pool}/packs`: the packs of an agent. The answer names those that the pool has in another version, or not at all. */
export const OfferPacks = v.strictObject({
  packs: v.pipe(v.array(v.strictObject({ ref: PackSpec.entries.ref, digest })), v.maxLength(PACKS_MAX)),
});
export type OfferPacks = v.InferInput<typeof OfferPacks>;

/**
 * `POST /agent/v1/pools/{pool}/packs/{ref}/actions`: a page of a pack's actions. With the last page, all of them are registered at
 * once.
 */
export const RegisterPage = v.strictObject({
  pack: PackSpec,
  digest,
  /** The number of the pack's actions, and of those before this page. */
  total: count,
  first: count,
  actions: v.pipe(v.array(RegisteredAction), v.maxLength(PAGE_ACTIONS_MAX)),
});
export type RegisterPage = v.InferInput<typeof RegisterPage>;
