import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { answerHead, type HttpAnswer } from "../../protocol/client/http.ts";

/** The longest silence within an answer that is read as a whole. One that is read part by part has its reader's bound. */
const SILENCE_MS_MAX = 60_000;

/** An answer as `fetch` gives it, once its head has come. */
export async function answerOf(
  message: IncomingMessage,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  const content = await decompressed(message);
  const bytes = () => bytesOf(content, signal);
  let body: HttpAnswer["body"];
  return {
    ...answerHead(message),
    get body() {
      body ??= streamOf(content, signal);
      return body;
    },
    text: async () => new TextDecoder().decode(await bytes()),
    arrayBuffer: async () => (await bytes()).buffer,
  };
}

/** The content, which the server or a proxy may have compressed. Each part is given as soon as it is complete. */
async function decompressed(message: IncomingMessage): Promise<Readable> {
  if (message.headers["content-encoding"]?.toLowerCase() !== "gzip") return message;
  const [{ createGunzip, constants }, { pipeline }] = await Promise.all([
    import("node:zlib"),
    import("node:stream"),
  ]);
  // Readers get the failure.
  return pipeline(message, createGunzip({ flush: constants.Z_SYNC_FLUSH }), () => undefined);
}

async function bytesOf(content: Readable, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  const late = new Error(`nothing more of the answer came for ${SILENCE_MS_MAX / 1000} s`);
  const silence = setTimeout(() => content.destroy(late), SILENCE_MS_MAX);
  try {
    for await (const part of content) {
      parts.push(part);
      silence.refresh();
    }
  } catch (error) {
    throw cut(error, signal);
  } finally {
    clearTimeout(silence);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function streamOf(
  content: Readable,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const parts: AsyncIterator<Buffer<ArrayBuffer>> = content[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(cut(error, signal));
      }
    },
    cancel: () => void content.destroy(),
  });
}

/** A failure within the answer. */
function cut(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : new TypeError("terminated", { cause: error });
}
