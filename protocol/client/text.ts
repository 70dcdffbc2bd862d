import type { HttpAnswer } from "./http.ts";

/** The text of a response while it arrives. Throws after a silence that is too long: a dead connection gives no other sign. */
export async function* textOf(response: HttpAnswer, silence_ms_max: number): AsyncGenerator<string> {
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
    // Canceling a broken body fails.
    await reader.cancel().catch(() => undefined);
  }
}

/** The promise's result, or an error if it takes longer than the given silence. */
export function withinSilence<T>(promise: Promise<T>, silence_ms_max: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing came for ${silence_ms_max} ms`)),
      silence_ms_max,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
