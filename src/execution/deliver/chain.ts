import type { Event } from "../decide/decide.ts";
import type { FamilyEffect } from "../decide/decision.ts";
import { beginChain } from "../family/chain/begin.ts";
import { prepareTask } from "../family/chain/prepare.ts";
import { publishVariables } from "../family/chain/publish.ts";
import { chainResult } from "../family/chain/result.ts";
import { hostsResult } from "../family/hosts.ts";
import type { Stored } from "../family/stored.ts";
import { UNBEGUN } from "../state/progress.ts";

/** Renders the templates of a chain's next step, or combines the results of the children. */
export async function advanceFamily(
  stored: Stored,
  effect: Exclude<FamilyEffect, { id: string }>,
): Promise<Event[]> {
  const { env, vault, record, children } = stored;
  const { spec } = record;
  const progress = record.progress ?? UNBEGUN;
  const parts = { env, spec, children, vault };
  switch (effect.kind) {
    case "begin_progress":
      return [{ kind: "progress_begun", progress: await beginChain(env, spec) }];
    case "publish": {
      const { position, name } = effect;
      return [{ kind: "published", position, outcome: await publishVariables(parts, progress, name) }];
    }
    case "prepare_task": {
      const { after, name } = effect;
      return [{ kind: "task_prepared", after, name, outcome: await prepareTask(parts, progress, name) }];
    }
    case "conclude": {
      const { status } = effect;
      if (record.existing.family?.kind === "hosts")
        return [{ kind: "concluded", status, result: hostsResult(children), secrets: [] }];
      const shows_published = spec.resolved.runner.display_published !== false;
      const result = chainResult(children, progress, shows_published);
      const secrets = [...progress.secrets, ...children.secrets()];
      return [{ kind: "concluded", status, result, secrets }];
    }
  }
}
