/** A text once it is known to be there; before that the promise of it, or of undefined where asking failed. */
type AskedAhead = string | Promise<string | undefined>;

declare global {
  /** The requests that the page made before its script ran, by address. */
  var asked_ahead: Map<string, AskedAhead> | undefined;
}

/** How long the first drawing waits for what it is to show: a page that comes whole is drawn once. */
const FIRST_DRAWING_MS_MAX = 100;

/** Resolves when all early requests are answered, or after the longest wait. */
export async function whenAnswered(): Promise<void> {
  const asked = globalThis.asked_ahead ?? new Map<string, AskedAhead>();
  const late = new Promise((resolve) => setTimeout(resolve, FIRST_DRAWING_MS_MAX));
  const all = Array.from(asked, async ([url, answer]) => {
    const text = await answer;
    if (text !== undefined && asked.has(url)) asked.set(url, text);
  });
  await Promise.race([Promise.all(all), late]);
}

/** The text that has been asked for already, for the first that wants it. */
export function takeAnswer(url: string): AskedAhead | undefined {
  const answer = globalThis.asked_ahead?.get(url);
  globalThis.asked_ahead?.delete(url);
  return answer;
}

/** The same, only if it has come, so that the first drawing has it. */
export function takeAnswered(url: string): string | undefined {
  const answer = globalThis.asked_ahead?.get(url);
  if (typeof answer !== "string") return undefined;
  takeAnswer(url);
  return answer;
}
