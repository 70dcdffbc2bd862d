declare global {
  /** What was asked for before the page's script ran. */
  var asked_ahead: { url: string; answer: Promise<Response> } | undefined;
}

/** The answer that is on its way already, for the first that asks for it. */
export function takeAskedAhead(url: string): Promise<Response> | undefined {
  const ahead = globalThis.asked_ahead;
  if (ahead?.url !== url) return undefined;
  globalThis.asked_ahead = undefined;
  return ahead.answer;
}
