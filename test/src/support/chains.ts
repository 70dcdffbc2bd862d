import type { Client } from "../../../protocol/client/client.ts";
import type { RegisterActions } from "../../../protocol/model/action.ts";
import type { EndExecution } from "../../../protocol/wire/agent.ts";
import { chunks, ended, type TestAgent } from "./world.ts";

type ActionSpec = RegisterActions["actions"][number];

/** The pack of the tests' chains and of their tasks' actions. */
export const PACK = "chains";

const SHELL: ActionSpec = {
  pack: PACK,
  name: "shell",
  runner_type: "local-shell-cmd",
  parameters: {
    cmd: { type: "string" },
    count: { type: "integer" },
    names: { type: "array" },
    object: { type: "object" },
    token: { type: "string", secret: true },
  },
};

/** A chain as an action. */
export function chainOf(name: string, chain: unknown, more: Partial<ActionSpec> = {}): ActionSpec {
  return {
    pack: PACK,
    name,
    runner_type: "action-chain",
    entry_point: `chains/${name}.yaml`,
    chain: chain as NonNullable<ActionSpec["chain"]>,
    ...more,
  };
}

/** Registers chains and the actions of their tasks. */
export function registerChains(client: Client, ...actions: ActionSpec[]): Promise<unknown> {
  return client.register({
    actions: [
      SHELL,
      { ...SHELL, name: "off", enabled: false },
      { ...SHELL, name: "remote", runner_type: "remote-shell-cmd" },
      {
        ...SHELL,
        name: "login",
        output_schema: { type: "object", properties: { token: { secret: true } } },
        runner_type: "python-script",
        entry_point: "login.py",
      },
      ...actions,
    ],
  });
}

/** A task that a test's agent has started. */
export interface TakenTask {
  id: string;
  /** The name of the task, from its context. */
  name: unknown;
  parameters: Record<string, unknown>;
  print: (first_seq: number, ...data: string[]) => Promise<unknown>;
  expand: (...hosts: string[]) => Promise<unknown>;
  end: (over?: Partial<EndExecution>) => Promise<unknown>;
}

/** Takes the next task as an agent would, up to the start of its process. */
export async function take(client: Client, agent: TestAgent): Promise<TakenTask> {
  const { token, execution } = await agent.expect("lease");
  const { execution_id: id, epoch, context, runner_parameters, action_parameters } = execution;
  agent.say({ type: "accepted", execution_id: id, epoch });
  await client.start(id, token);
  return {
    id,
    name: (context.chain as { name?: unknown } | undefined)?.name,
    parameters: { ...runner_parameters, ...action_parameters },
    print: (first_seq, ...data) => client.append(id, token, chunks(first_seq, ...data)),
    expand: (...hosts) =>
      client.expand(id, token, {
        hosts: hosts.map((key) => ({ key, address: key })),
        concurrency: hosts.length,
        allow_partial_failure: false,
      }),
    end: (over) => client.end(id, token, { ...ended(0), ...over }),
  };
}

/** The end of a failed task. */
export const FAILED: Partial<EndExecution> = {
  status: "failed",
  exit_code: 1,
  result: { failed: true, succeeded: false, return_code: 1, stdout: "", stderr: "no" },
};

/** The result of a task that printed a text. */
export function printed(stdout: unknown): Partial<EndExecution> {
  return { result: { failed: false, succeeded: true, return_code: 0, stdout, stderr: "" } };
}
