import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "../../protocol/client/client.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { beginTrace, noteInTrace } from "../base/tracing.ts";
import { connect } from "../settings/connect.ts";
import { tell } from "../terminal/print.ts";
import { checkNotify } from "./notify.ts";
import { type PlacementFlags, placementOf, serverCommand, withPlacementFlags } from "./options.ts";
import { type OutcomeFlags, showOutcome, withOutcomeFlags } from "./outcome.ts";
import { readParameters } from "./parameters.ts";

/** `tailrace run`: starts an action; its exit code is the action's outcome. */
export function runCommand(): Command {
  return withPlacementFlags(
    withOutcomeFlags(
      serverCommand("run", "run an action", [
        "tailrace run core.local cmd='uname -a' --tail",
        "tailrace run core.local date -R",
        "tailrace run examples.count count=20 sleep_delay=0.1 --tail",
        "tailrace run core.local cmd='sleep 60' --async",
        "tailrace run core.local cmd='make' --keep 30 --tail",
        "tailrace run train.run --pool gpu --label gpu=a100 --queue-timeout 600",
      ]),
    ),
  )
    .option("--keep <days>", "keep the output this long after the end; 0 keeps it forever", daysNumber)
    .argument("<action>", "the action's reference, pack.name")
    .argument("[parameters...]", "name=value; @name=FILE sends a file; words without = become cmd")
    .action(async (action: string, tokens: string[], flags: RunFlags) => {
      checkNotify(flags);
      await beginTrace("tailrace run", { "tailrace.action": action }, tell);
      const client = connect(flags);
      const { id } = await create(client, action, tokens, flags);
      noteInTrace({ "tailrace.execution.id": id });
      await showOutcome(client, id, flags);
    });
}

type RunFlags = OutcomeFlags & PlacementFlags & { keep?: number };

function daysNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It must be a number of days, 0 or more.");
  return Number(text);
}

async function create(
  client: Client,
  ref: string,
  tokens: string[],
  { keep: output_ttl_days, ...flags }: RunFlags,
): Promise<Execution> {
  const placement = placementOf(flags);
  const [action, runners] = await Promise.all([client.action(ref, placement.pool), client.runnerTypes()]);
  const runner = runners.find(({ name }) => name === action.runner_type);
  return client.create({
    action: ref,
    ...placement,
    parameters: readParameters(tokens, runner?.runner_parameters ?? {}, action.parameters),
    ...(output_ttl_days === undefined ? {} : { retention: { output_ttl_days } }),
  });
}
