import { useEffect, useState } from "preact/hooks";

/** A message stays this long. */
const TOAST_MS = 3_000;

/** A short message, and the function that shows one. */
export function useToast(): [text: string, say: (text: string) => void] {
  const [text, say] = useState("");
  useEffect(() => {
    if (text === "") return;
    const timer = setTimeout(() => say(""), TOAST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, say];
}

export function Toast({ text }: { text: string }) {
  return <div aria-live="polite">{text !== "" && <div class="toast">{text}</div>}</div>;
}
