import { useEffect, useState } from "preact/hooks";
import { TailraceError } from "../../protocol/base/errors.ts";
import { retry } from "../../protocol/base/retry.ts";
import { isTransient } from "../../protocol/client/client.ts";
import type { Action } from "../../protocol/model/action.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { mergedParameters } from "../../protocol/model/merged-parameters.ts";
import type { PageProps } from "../frame/page-props.ts";
import { Refused } from "../frame/refused.tsx";
import { Help, Top } from "../frame/top.tsx";
import type { Session } from "../server/session.ts";
import { ActionList, readActions } from "./run/action-list.tsx";
import { RunForm } from "./run/form.tsx";

const KEYS: [string, string][] = [
  ["Tab", "next field"],
  ["Enter", "in a text: a new line; elsewhere: run"],
  ["Ctrl-Enter", "run"],
];

/** An action, and what its form begins with. */
interface Chosen {
  action: Action;
  /** The parameters that the action itself names; the others are its runner's. */
  own: string[];
  /** The execution that is run again with changes. */
  source: Execution | undefined;
}

/** Runs an action: shows the list of actions, or the form of one action's parameters. */
export function RunPage({
  session,
  rights,
  unanswered,
  onLocked,
  actionRef,
}: PageProps & { actionRef: string | undefined }) {
  const [actions, setActions] = useState<Action[]>();
  const [chosen, setChosen] = useState<Chosen>();
  const [help, setHelp] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  /** Reads until the server answers. Returns a function that ends this. */
  const read = <T,>(attempt: () => Promise<T>, take: (found: T) => void) => {
    const abort = new AbortController();
    const { signal } = abort;
    const shown = (found: T) => {
      setFailure(undefined);
      take(found);
    };
    const fail = (error: unknown) => {
      if (error instanceof TailraceError && error.code === "unauthorized") onLocked();
      else if (!signal.aborted) setFailure(error);
    };
    retry(attempt, { signal, isWorth: isTransient, onWait: setFailure }).then(shown, fail);
    return () => abort.abort();
  };
  useEffect(() => {
    if (actionRef !== undefined) return read(() => readChosen(session, actionRef), setChosen);
  }, [actionRef]);
  useEffect(() => {
    if (actionRef === undefined && rights) return read(() => readActions(session, rights), setActions);
  }, [actionRef, rights]);
  const refused = failure ?? unanswered;
  return (
    <>
      <Top session={session} rights={rights} current="run" onHelp={() => setHelp(true)} />
      <main class="scroll">
        {refused !== undefined && <Refused session={session} error={refused} subject="action" />}
        {refused === undefined && !(rights && (actions ?? chosen)) && <p class="head soft">Loading …</p>}
        {rights && actions && <ActionList actions={actions} rights={rights} />}
        {rights && chosen && <RunForm session={session} rights={rights} {...chosen} />}
      </main>
      {help && <Help keys={KEYS} onClose={() => setHelp(false)} />}
    </>
  );
}

/** The action, and the execution that is run again with changes. */
async function readChosen({ client }: Session, ref: string): Promise<Chosen> {
  const query = new URLSearchParams(location.search);
  const from = query.get("from");
  const [action, runners, source] = await Promise.all([
    client.action(ref, query.get("pool") ?? undefined),
    client.runnerTypes(),
    from ? client.get(from) : undefined,
  ]);
  const runner = runners.find(({ name }) => name === action.runner_type);
  return {
    action: { ...action, parameters: mergedParameters(action, runner) },
    own: Object.keys(action.parameters),
    source,
  };
}
