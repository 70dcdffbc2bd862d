import * as v from "valibot";
import { ACTIONS_MAX, PACKS_MAX, PAGE_ACTIONS_MAX } from "../base/limits.ts";
import { PackSpec, RegisteredAction } from "../model/action.ts";

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ACTIONS_MAX));

/** `POST /agent/v1/pools/{pool}/packs`: the packs that an agent has. The answer names those that the pool knows otherwise. */
export const OfferPacks = v.strictObject({
  packs: v.pipe(v.array(v.strictObject({ ref: PackSpec.entries.ref, digest })), v.maxLength(PACKS_MAX)),
});
export type OfferPacks = v.InferInput<typeof OfferPacks>;

/**
 * `POST /agent/v1/pools/{pool}/packs/{ref}/actions`: so many of a pack's actions, from one on. With the last of them all become the
 * pool's at once.
 */
export const RegisterPage = v.strictObject({
  pack: PackSpec,
  digest,
  /** Actions of the pack in all, and those before this page. */
  total: count,
  first: count,
  actions: v.pipe(v.array(RegisteredAction), v.maxLength(PAGE_ACTIONS_MAX)),
});
export type RegisterPage = v.InferInput<typeof RegisterPage>;
