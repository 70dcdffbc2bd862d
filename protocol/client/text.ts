/** The text of a response as it comes. Throws when it is silent for too long: a dead connection does not say so. */
export async function* textOf(response: Response, silence_ms_max: number): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  try {
    while (true) {
      const { done, value } = await withinSilence(reader.read(), silence_ms_max);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // A body that is already broken has nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

/** The promise, or an error once it has taken longer than a live connection may be silent. */
export function withinSilence<T>(promise: Promise<T>, silence_ms_max: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing came for ${silence_ms_max} ms`)),
      silence_ms_max,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
