import type { LogControl } from "../../log/log-control.ts";

/** Folds or opens all groups and runs of an output that has some. */
export function FoldAll({ control }: { control: LogControl }) {
  const { folding } = control;
  if (!folding.folds.any) return null;
  return (
    <button type="button" title="F" onClick={() => folding.toggleAll()}>
      {folding.folds.allFolded ? "Unfold all" : "Fold all"}
    </button>
  );
}
