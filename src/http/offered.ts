import type { Action } from "../../protocol/model/action.ts";
import { type Permission, permits, type Resource } from "../../protocol/model/permissions.ts";
import { readAction } from "../index/actions.ts";
import { chooseOffer, type Named, offersOf } from "../index/offers.ts";
import { demand, rightsOf } from "../rights/permissions.ts";
import type { Principal } from "../rights/principal.ts";

/**
 * The action that a request names, among those on which the principal has a permission: offers of other pools do not count.
 * Undefined if no pool has the action.
 */
export async function readOffered(
  index: D1Database,
  principal: Principal,
  permission: Permission,
  named: Named,
): Promise<Action | undefined> {
  const { offers: all, likely } = await offersOf(index, named);
  const rights = rightsOf(principal);
  const open = all.filter((offer) => permits(rights, permission, resourceOf(offer)));
  const [closed] = all;
  if (open.length === 0 && closed) demand(principal, permission, resourceOf(closed));
  const offer = chooseOffer(open, named);
  if (offer === undefined) return undefined;
  const is_likely = offer.ref === likely?.ref && offer.pool === likely.pool;
  return is_likely ? likely : readAction(index, offer);
}

function resourceOf({ ref, pool }: { ref: string; pool: string }): Resource {
  return { kind: "action", action_ref: ref, pool };
}
