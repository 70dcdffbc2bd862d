import { options } from "preact";

/** Makes a change and draws it before this returns, so that the key that is pressed next meets what it has brought. */
export function drawNow(change: () => void): void {
  const { debounceRendering } = options;
  options.debounceRendering = (draw) => draw();
  try {
    change();
  } finally {
    if (debounceRendering) options.debounceRendering = debounceRendering;
    else delete options.debounceRendering;
  }
}
