declare global {
  /** What was asked for before the page's script ran; it comes to undefined where it failed. */
  var asked_ahead: { url: string; text: Promise<string | undefined> } | undefined;
}

/** The answer that is on its way already, or is there, for the first that asks for it. */
export function takeAskedAhead(url: string): Promise<string | undefined> | undefined {
  const ahead = globalThis.asked_ahead;
  if (ahead?.url !== url) return undefined;
  globalThis.asked_ahead = undefined;
  return ahead.text;
}
