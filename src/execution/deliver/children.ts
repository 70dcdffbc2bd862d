import { executionStub } from "../../objects/execution.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { demandRoom } from "../../storage/disk.ts";
import type { Event } from "../decide/decide.ts";
import type { FamilyEffect } from "../decide/decision.ts";
import { hostSpec } from "../family/hosts.ts";
import type { Stored } from "../family/stored.ts";
import { type Packed, unpacked } from "../state/packed.ts";

/** Makes a child, or sends it a command or a question. Rejects if the child cannot be reached now. Safe to repeat. */
export async function reachChild(
  stored: Stored,
  effect: Extract<FamilyEffect, { id: string }>,
): Promise<Event[]> {
  const { id, kind } = effect;
  const child = executionStub(stored.env, id);
  switch (kind) {
    case "make_child": {
      // Later tasks and hosts wait for room, as new executions do: only ends get the reserve.
      await demandRoom(stored.env);
      // The child has its id already, so that a second try makes no second child.
      const { kind } = await child.create(specOf(stored, id));
      if (kind === "refused") throw new Error(`child ${id} was not made`);
      return [{ kind: "child_made", id }];
    }
    case "find_child":
      return [{ kind: "child_found", id, is_there: (await child.summary()) !== undefined }];
    case "ask_child": {
      const summary = await child.summary();
      return summary?.status === "paused" ? [{ kind: "child_paused", id }] : [];
    }
    case "cancel_child":
      await child.cancel(effect.user);
      return [];
    case "pause_child":
      await child.pause(effect.user);
      return [];
    case "resume_child":
      await child.resume(effect.user);
      return [{ kind: "child_resumed", id }];
  }
}

/** The spec of a child. */
function specOf({ record, children }: Stored, id: string): ExecutionSpec {
  if (record.existing.family?.kind === "chain") return unpacked(children.draft<Packed<ExecutionSpec>>(id));
  const child = children.get(id);
  if (!child) throw new Error(`no child ${id}`);
  return hostSpec(record.spec, child, children);
}
