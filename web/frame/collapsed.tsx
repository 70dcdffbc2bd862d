import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface CollapsedProps {
  label: string;
  children: ComponentChildren;
}

/**
 * Controls that stand in their row where the window is large, and in a menu where it is small or enlarged: there a row for each group
 * would leave too little of the output.
 */
export function Collapsed({ label, children }: CollapsedProps) {
  const [open, setOpen] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only sees that a key or the focus leaves its controls.
    <div
      class="collapsed"
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        setOpen(false);
      }}
    >
      <button type="button" class="collapse" aria-expanded={open} onClick={() => setOpen(!open)}>
        {label}
      </button>
      <div class={open ? "open" : ""}>{children}</div>
    </div>
  );
}
