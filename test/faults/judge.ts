import type { Violation } from "./facts.ts";
import type { Hit } from "./hits.ts";
import type { Load } from "./load.ts";
import type { Recoveries } from "./recovery.ts";
import type { World } from "./world/world.ts";

export interface Judged {
  executions: number;
  violations: Violation[];
  recoveries: Recoveries;
}

export async function judge({
  world,
  load,
}: {
  world: World;
  load: Load;
  hits: readonly Hit[];
  settled: boolean;
}): Promise<Judged> {
  const violations: Violation[] = [];
  for (const { id, followers } of load.launched) {
    if (id === undefined) continue;
    const document = await world.client.get(id).catch((error: unknown) => ({ status: String(error) }));
    if (!["succeeded", "failed", "timeout", "abandoned", "canceled"].includes(document.status))
      violations.push({ execution: id, rule: "ended", text: document.status });
    for (const { seen } of followers)
      if (seen.outcome.how !== "end")
        violations.push({
          execution: id,
          rule: "follower",
          text: `${seen.name} ${JSON.stringify(seen.outcome)}`,
        });
  }
  return { executions: load.launched.length, violations, recoveries: {} };
}
