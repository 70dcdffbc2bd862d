import { useEffect, useState } from "preact/hooks";

/** A message stays this long. */
const TOAST_MS = 3_000;

/** Something that is said in passing, and how to say it. */
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
