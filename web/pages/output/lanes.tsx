import { useEffect, useMemo, useState } from "preact/hooks";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { chunkTimeMs } from "../../base/time.ts";
import { LogView } from "../../log/log-view.tsx";
import type { Settings } from "../../log/settings.ts";
import { href } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";
import { childNames } from "./tree/tree.ts";

/** The most lanes side by side. Each follows its own output. */
const LANES_MAX = 4;

interface LanesProps {
  session: Session;
  execution: Execution;
  settings: Settings;
  types: readonly OutputType[];
  say: (text: string) => void;
}

/** The children of an execution side by side, a few at a time. */
export function Lanes({ session, execution, settings, types, say }: LanesProps) {
  const [children, setChildren] = useState<Execution[]>([]);
  const [first, setFirst] = useState(0);
  const read = async () => {
    const order = new Map(execution.children?.map((child, at) => [child, at]));
    const placeOf = ({ id }: Execution) => order.get(id) ?? 0;
    const found = await session.client.children(execution.id, 1);
    setChildren(found.sort((one, other) => placeOf(one) - placeOf(other)));
  };
  const nameOf = useMemo(() => childNames(execution), [execution]);
  useEffect(() => {
    void read();
  }, [execution.id, execution.status]);
  const shown = children.slice(first, first + LANES_MAX);
  return (
    <div class="log-frame">
      {children.length > LANES_MAX && (
        <div class="pager">
          <button type="button" disabled={first === 0} onClick={() => setFirst(first - LANES_MAX)}>
            Previous
          </button>
          <span>
            {first + 1}–{first + shown.length} of {children.length}
          </span>
          <button
            type="button"
            disabled={first + LANES_MAX >= children.length}
            onClick={() => setFirst(first + LANES_MAX)}
          >
            Next
          </button>
        </div>
      )}
      <div class="lanes">
        {shown.map((child) => (
          <section class="lane" key={child.id} aria-label={nameOf(child)}>
            <header>
              <span class={`status ${child.status}`}>{child.status}</span>
              <a href={href(`/executions/${child.id}`)}>{nameOf(child)}</a>
            </header>
            <LogView
              session={session}
              id={child.id}
              settings={settings}
              labels={false}
              start_ms={chunkTimeMs(child.start_timestamp)}
              types={types}
              linked={false}
              name={`Output of ${nameOf(child)}`}
              onControl={() => undefined}
              onChange={() => undefined}
              onStatus={(status) => {
                if (status !== child.status) void read();
              }}
              say={say}
            />
          </section>
        ))}
      </div>
    </div>
  );
}
