import { writeExact } from "../../protocol/base/numbers.ts";

/**
 * A JSON array that is written while it is read, so that it may be larger than an isolate's memory. A failure aborts the
 * answer, so that no reader takes it for complete.
 */
export function jsonArray<T>(
  pages: AsyncGenerator<T[], void, void>,
  shown: (item: T) => unknown = (item) => item,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let is_first = true;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const { value, done } = await pages.next();
        if (done) {
          controller.enqueue(encoder.encode(is_first ? "[]" : "]"));
          controller.close();
          return;
        }
        if (value.length === 0) continue;
        const items = value.map((item) => writeExact(shown(item))).join(",");
        controller.enqueue(encoder.encode((is_first ? "[" : ",") + items));
        is_first = false;
        return;
      }
    },
    async cancel() {
      await pages.return();
    },
  });
}
