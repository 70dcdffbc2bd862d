import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Execution } from "../../../../protocol/model/execution.ts";
import { durationText } from "../../../base/time.ts";
import { useNow } from "../../../frame/duration.tsx";
import type { Session } from "../../../server/session.ts";
import { useDescendants } from "./descendants.ts";
import { partHref } from "./part.ts";
import { eachNode, exitOf, type TreeNode, takenMs, treeOf } from "./tree.ts";

interface TreeProps {
  session: Session;
  execution: Execution;
  /** The execution whose output is shown: this one or one of its parts. */
  shown: string;
  show: (id: string) => void;
}

/** The hosts and tasks of an execution: status, exit code and duration of each, and where the time went. */
export function Tree({ session, execution, shown, show }: TreeProps) {
  const descendants = useDescendants(session, execution);
  const nodes = useMemo(() => treeOf(execution, descendants), [execution, descendants]);
  const all = useMemo(() => eachNode(nodes), [nodes]);
  const is_running = all.some((node) => node.execution.end_timestamp === undefined);
  const now_ms = useNow(session.clock, is_running ? 1_000 : undefined);
  const longest_ms = Math.max(1, ...all.map((node) => takenMs(node.execution, now_ms) ?? 0));
  const of = { whole: execution.id, shown, show, now_ms, longest_ms };
  // The page is drawn again with each part of a live output; a thousand hosts are not.
  const drawn = useMemo(() => <Nodes nodes={nodes} {...of} />, [nodes, shown, now_ms]);
  return (
    <nav class="tree" aria-label="Hosts and tasks">
      <PartLink id={execution.id} {...of}>
        <b>All of {execution.action.ref}</b>
      </PartLink>
      {drawn}
    </nav>
  );
}

interface NodesProps {
  nodes: readonly TreeNode[];
  /** The execution that has all of them. */
  whole: string;
  shown: string;
  show: (id: string) => void;
  now_ms: number | undefined;
  longest_ms: number;
}

function Nodes({ nodes, ...of }: NodesProps) {
  if (nodes.length === 0) return null;
  const { now_ms, longest_ms } = of;
  return (
    <ul>
      {nodes.map(({ execution, name, children }) => {
        const taken_ms = takenMs(execution, now_ms);
        const exit = exitOf(execution);
        return (
          <li key={execution.id}>
            <PartLink id={execution.id} {...of}>
              <span class={`status ${execution.status}`}>{execution.status}</span>
              <span class="part-name">{name}</span>
              {exit !== undefined && exit !== 0 && <span class="bad">exit {exit}</span>}
              <span class="soft">{taken_ms === undefined ? "" : durationText(taken_ms)}</span>
              <span class="taken">
                <span class="taken-share" style={{ width: `${((taken_ms ?? 0) / longest_ms) * 100}%` }} />
              </span>
            </PartLink>
            <Nodes nodes={children} {...of} />
          </li>
        );
      })}
    </ul>
  );
}

interface PartLinkProps {
  id: string;
  whole: string;
  shown: string;
  show: (id: string) => void;
  children: ComponentChildren;
}

/** A link to a part. A plain click shows it in this page. */
function PartLink({ id, whole, shown, show, children }: PartLinkProps) {
  return (
    <a
      href={partHref(whole, id)}
      aria-current={id === shown ? "true" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        show(id);
      }}
    >
      {children}
    </a>
  );
}
