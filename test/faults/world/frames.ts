/** Cuts a WebSocket's bytes into its frames. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  push(data: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, data]);
    const frames: Buffer[] = [];
    for (;;) {
      const shape = shapeOf(this.#rest);
      if (shape === undefined || this.#rest.length < shape.head + shape.payload) return frames;
      frames.push(this.#rest.subarray(0, shape.head + shape.payload));
      this.#rest = this.#rest.subarray(shape.head + shape.payload);
    }
  }
}

/** The part of a frame's content that identifies it; undefined for frames that are not text. */
export function textOf(frame: Buffer): string | undefined {
  const shape = shapeOf(frame);
  if (shape === undefined || (frame[0] ?? 0) % 16 !== 1) return undefined;
  const payload = frame.subarray(shape.head, shape.head + Math.min(shape.payload, TEXT_BYTES_MAX));
  if (!shape.masked) return payload.toString("utf8");
  const mask = frame.subarray(shape.head - 4, shape.head);
  return Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))).toString("utf8");
}

/** The beginning of a message has its type. */
const TEXT_BYTES_MAX = 2_000;

interface Shape {
  head: number;
  payload: number;
  masked: boolean;
}

function shapeOf(data: Buffer): Shape | undefined {
  if (data.length < 2) return undefined;
  const second = data[1] ?? 0;
  const masked = second >= 128;
  const short = second % 128;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (data.length < 2 + extended) return undefined;
  const payload =
    extended === 2 ? data.readUInt16BE(2) : extended === 8 ? Number(data.readBigUInt64BE(2)) : short;
  return { head: 2 + extended + (masked ? 4 : 0), payload, masked };
}
