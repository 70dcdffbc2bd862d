import type { CreateExecution, Execution } from "../../../protocol/model/execution.ts";

/** The placement fields of a run. A parameter's name has no dot. */
const POOL = "tailrace.pool";
const LABELS = "tailrace.labels";
const TIMEOUT = "tailrace.queue_timeout_seconds";

/** The fields of a run's placement: the pool, the agent's labels, and how long the run may wait; at first those of the earlier run. */
export function PlacementFields({ pool, source }: { pool: string; source: Execution | undefined }) {
  const labels = Object.entries(source?.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return (
    <details>
      <summary>Placement: pool {pool}</summary>
      <div class="form">
        <div>
          <label>
            <span>pool</span>
            <input
              name={POOL}
              type="text"
              autoComplete="off"
              defaultValue={pool}
              aria-describedby="note-pool"
            />
          </label>
          <small class="soft" id="note-pool">
            an agent of this pool runs it
          </small>
        </div>
        <div>
          <label>
            <span>labels</span>
            <input
              name={LABELS}
              type="text"
              autoComplete="off"
              placeholder="gpu=a100, zone=eu"
              defaultValue={labels.join(", ")}
              aria-describedby="note-labels"
            />
          </label>
          <small class="soft" id="note-labels">
            labels that the agent must have
          </small>
        </div>
        <div>
          <label>
            <span>longest wait</span>
            <input
              name={TIMEOUT}
              type="number"
              min={1}
              step="any"
              defaultValue={source?.queue_timeout_seconds ?? ""}
              aria-describedby="note-timeout"
            />
          </label>
          <small class="soft" id="note-timeout">
            seconds that it may wait for an agent; then it times out
          </small>
        </div>
      </div>
    </details>
  );
}

/** Reads these fields. Throws if a label is not valid. */
export function readPlacement(
  form: HTMLFormElement,
): Pick<CreateExecution, "pool" | "labels" | "queue_timeout_seconds"> {
  const text = (name: string) => {
    const field = form.elements.namedItem(name);
    return field instanceof HTMLInputElement ? field.value.trim() : "";
  };
  const pool = text(POOL);
  const labels = text(LABELS)
    .split(",")
    .flatMap((part) => (part.trim() === "" ? [] : [labelOf(part.trim())]));
  const timeout = text(TIMEOUT);
  return {
    ...(pool === "" ? {} : { pool }),
    labels: Object.fromEntries(labels),
    ...(timeout === "" ? {} : { queue_timeout_seconds: Number(timeout) }),
  };
}

function labelOf(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(`${text} is not a label like gpu=a100.`);
  return [text.slice(0, at), text.slice(at + 1)];
}
