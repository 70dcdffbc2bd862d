/** The answer's text, once it has arrived; before that its promise, which resolves to undefined if the request failed. */
type AskedAhead = string | Promise<string | undefined>;

declare global {
  /** The requests that the page made before its script ran, by address. */
  var asked_ahead: Map<string, AskedAhead> | undefined;
}

/** How long the first drawing waits for the early answers: with all of them, the page is drawn only once. */
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

/** The answer of an early request. Each is used once. */
export function takeAnswer(url: string): AskedAhead | undefined {
  const answer = globalThis.asked_ahead?.get(url);
  globalThis.asked_ahead?.delete(url);
  return answer;
}

/** The same, if it has arrived, so that the first drawing has it. */
export function takeAnswered(url: string): string | undefined {
  const answer = globalThis.asked_ahead?.get(url);
  if (typeof answer !== "string") return undefined;
  takeAnswer(url);
  return answer;
}
