import { parseJson } from "../../protocol/base/json.ts";
import { ANSWER_VALUE_BYTES_MAX, RESULT_BYTES_MAX, VALUE_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { shortenedBeginning } from "../../protocol/model/result.ts";

/** The body of an answer, as the result has it: its beginning is kept, and how long it was. */
export class Body {
  readonly #parts: Buffer[] = [];
  #kept_bytes = 0;
  #bytes = 0;

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    const kept = bytes.subarray(0, ANSWER_VALUE_BYTES_MAX - this.#kept_bytes);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#kept_bytes += kept.length;
  }

  /** The value by its content type: JSON where that says so and it is, else text. */
  value(type: string, maskBeginning: (text: string) => string): { body: unknown; parsed: boolean } {
    const text = decoded(Buffer.concat(this.#parts), /charset="?([^";\s]+)/i.exec(type)?.[1]);
    if (this.#bytes > this.#kept_bytes) {
      // Masked here: behind the cut nothing would be found.
      return {
        body: shortenedBeginning(maskBeginning(text), this.#bytes, RESULT_BYTES_MAX / 2),
        parsed: false,
      };
    }
    if (type.split(";")[0]?.trim().toLowerCase() !== "application/json") return { body: text, parsed: false };
    try {
      return { body: parseJson(text, { depth_max: VALUE_DEPTH_MAX, exact: true }), parsed: true };
    } catch {
      return { body: text, parsed: false };
    }
  }
}

/** Text in a character set. Without a known one it is UTF-8, unless its bytes are none: then each is a character. */
function decoded(bytes: Buffer, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? "utf-8", { fatal: charset === undefined }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
