import { href } from "../../server/paths.ts";

interface NothingProps {
  is_filtered: boolean;
  may_run: boolean;
  showAll: () => void;
}

/** In place of a list without a row: why it has none, and what to do. */
export function Nothing({ is_filtered, may_run, showAll }: NothingProps) {
  if (is_filtered) {
    return (
      <div class="nothing">
        <p>No executions match the filters.</p>
        <button type="button" onClick={showAll}>
          Show all executions
        </button>
      </div>
    );
  }
  return (
    <div class="nothing">
      <h2>Nothing has run yet</h2>
      <p>Each run of an action appears here, with its output, from its first line on.</p>
      {may_run && (
        <>
          <p>
            <a class="button primary" href={href("/run")}>
              Run an action
            </a>
          </p>
          <p>
            or in a terminal: <code>tailrace run core.local "echo hello" --tail</code>
          </p>
        </>
      )}
    </div>
  );
}
