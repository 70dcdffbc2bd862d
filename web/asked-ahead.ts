declare global {
  /** What the page has asked for before its script ran, by address: the texts, or undefined where that failed. */
  var asked_ahead: Map<string, Promise<string | undefined>> | undefined;
}

/** How long the first drawing waits for what it is to show: a page that comes whole is drawn once. */
const FIRST_DRAWING_MS_MAX = 100;

/** What is there by now. */
const answered = new Map<string, string>();

/** Comes once all that was asked for is there, or has taken too long to wait for. */
export async function whenAnswered(): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, FIRST_DRAWING_MS_MAX));
  const all = Array.from(globalThis.asked_ahead ?? [], async ([url, answer]) => {
    const text = await answer;
    if (text !== undefined && globalThis.asked_ahead?.has(url)) answered.set(url, text);
  });
  await Promise.race([Promise.all(all), late]);
}

/** The text that has been asked for already, for the first that wants it. */
export function takeAnswer(url: string): Promise<string | undefined> | undefined {
  const answer = globalThis.asked_ahead?.get(url);
  globalThis.asked_ahead?.delete(url);
  answered.delete(url);
  return answer;
}

/** The same where it is there, so that it is in the first drawing. */
export function takeAnswered(url: string): string | undefined {
  const text = answered.get(url);
  if (text !== undefined) takeAnswer(url);
  return text;
}
