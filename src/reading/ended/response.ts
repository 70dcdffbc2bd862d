import { TailraceError } from "../../../protocol/base/errors.ts";
import type { ControlEvent } from "../../../protocol/wire/record.ts";
import type { Frames } from "../formats/format.ts";
import { streamHeaders } from "../response.ts";
import type { WrittenPage } from "./ended-output.ts";

/** The rest of an ended output after its first page. */
export interface Rest {
  /** The next page; undefined if it is to be read from the object. Throws if the reader has lost its right. */
  page(after: number): Promise<WrittenPage | undefined>;
  /** Follows the object from here on. */
  follow(after: number): Promise<ReadableStream<Uint8Array>>;
  /** The answer is over. */
  over(): void;
}

/**
 * An ended output as a response: page by page, as fast as the reader takes it. Where a page cannot be had, it continues with
 * a follower of the object, and the reader sees no difference. `restOf` is called if there is more than the first page.
 */
export function pagesResponse(
  first: WrittenPage,
  restOf: () => Rest,
  frames: Frames,
  signal: AbortSignal,
): Response {
  const { end } = first;
  const body = end
    ? joined(first, frames.control(end, first.last_seq))
    : pagesStream(first, restOf(), frames, signal);
  return new Response(body, { headers: streamHeaders(frames) });
}

function pagesStream(
  first: WrittenPage,
  rest: Rest,
  frames: Frames,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  let page: WrittenPage | undefined = first;
  let { last_seq } = first;
  let followed: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let is_open = true;
  const finish = () => {
    if (is_open) rest.over();
    is_open = false;
    signal.removeEventListener("abort", leave);
  };
  // The signal and the stream do not always both report that the client has closed.
  const leave = () => {
    finish();
    void followed?.cancel().catch(() => undefined);
  };
  signal.addEventListener("abort", leave);

  /** The next bytes, and whether they are the last. */
  const next = async (): Promise<{ bytes: Uint8Array | undefined; is_last: boolean }> => {
    if (followed === undefined) {
      page ??= await rest.page(last_seq);
      if (page) {
        const { bytes, end } = page;
        last_seq = page.last_seq;
        page = undefined;
        return { bytes: joined({ bytes }, end && frames.control(end, last_seq)), is_last: end !== undefined };
      }
      followed = (await rest.follow(last_seq)).getReader();
      // The client may have closed in the meantime.
      if (!is_open) leave();
    }
    const { done, value } = await followed.read();
    return { bytes: value, is_last: done };
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // A page may have no byte of the streams that the reader wants.
          for (let is_done = false; is_open && !is_done; ) {
            const { bytes, is_last } = await next();
            if (!is_open) return;
            if (bytes && bytes.length > 0) controller.enqueue(bytes);
            is_done = is_last || (bytes?.length ?? 0) > 0;
            if (is_last) {
              finish();
              controller.close();
            }
          }
        } catch (error) {
          if (!is_open) return;
          finish();
          const frame =
            error instanceof TailraceError ? frames.control(errorEvent(error), last_seq) : undefined;
          // A format without errors reports one by breaking the response.
          if (frame === undefined) return controller.error(error);
          controller.enqueue(frame);
          controller.close();
        }
      },
      cancel: leave,
    },
    // A page is read, and its reader's rights are checked, once the reader has taken what came before.
    { highWaterMark: 0 },
  );
}

function joined({ bytes }: Pick<WrittenPage, "bytes">, last: Uint8Array | undefined): Uint8Array {
  return last === undefined ? bytes : Buffer.concat([bytes, last]);
}

function errorEvent(error: TailraceError): ControlEvent {
  const { code, faultstring } = error.toBody();
  return { event: "error", code, faultstring };
}
