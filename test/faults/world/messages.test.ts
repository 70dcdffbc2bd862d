import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Messages, newConversation, type Piece } from "./messages.ts";

const REQUESTS = [
  "GET /v1/executions/6b0cda5b02457e0417d3c188/output HTTP/1.1\r\nhost: x\r\n\r\n",
  'POST /agent/v1/executions/6b0cda5b02457e0417d3c188/chunks HTTP/1.1\r\ncontent-length: 12\r\n\r\n{"seq":1,"a"',
  "GET /agent/v1/pools/default/connect HTTP/1.1\r\nupgrade: websocket\r\n\r\n",
].join("");

const ANSWERS = [
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n\n\r\n0\r\n\r\n",
  'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"next":2}',
  "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
].join("");

/** A frame as a client sends it, masked, or as a server does. */
function frame(text: string, masked: boolean): Buffer {
  const payload = Buffer.from(text);
  const mask = Buffer.from([7, 77, 177, 27]);
  const head = [0x81];
  if (payload.length < 126) head.push(payload.length + (masked ? 128 : 0));
  else head.push(126 + (masked ? 128 : 0), payload.length >> 8, payload.length % 256);
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const hidden = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  return Buffer.concat([Buffer.from(head), mask, hidden]);
}

const ID = "6b0cda5b02457e0417d3c188";
const ACCEPTED = frame(`{"type":"accepted","execution_id":"${ID}","epoch":1}`, true);
const LEASE = frame(
  `{"type":"lease","token":"${"x".repeat(300)}","execution":{"execution_id":"${ID}"}}`,
  false,
);

/** The pieces of a whole connection whose bytes are cut at `cuts`. */
function piecesOf(cuts: number[]): { up: Piece[]; down: Piece[] } {
  const conversation = newConversation();
  const up = new Messages("up", conversation);
  const down = new Messages("down", conversation);
  const all = (messages: Messages, data: Buffer) => {
    const ends = [...new Set(cuts.filter((cut) => cut < data.length)), data.length].sort((a, b) => a - b);
    return ends.flatMap((end, at) => messages.push(data.subarray(ends[at - 1] ?? 0, end)));
  };
  const requests = all(up, Buffer.from(REQUESTS));
  const answers = all(down, Buffer.concat([Buffer.from(ANSWERS), LEASE]));
  return { up: [...requests, ...all(up, ACCEPTED)], down: answers };
}

const text = (pieces: Piece[]) => Buffer.concat(pieces.map(({ bytes }) => bytes)).toString("latin1");

describe("a proxy's view of a connection", () => {
  it("names each request, answer and socket message, and its execution", () => {
    const { up, down } = piecesOf([]);
    expect(up.map(({ kind, execution }) => [kind, execution])).toEqual([
      ["follow", ID],
      ["chunks", ID],
      ["connect", undefined],
      ["accepted", ID],
    ]);
    expect(down.map(({ kind }) => kind)).toEqual([
      "follow.answer",
      "follow.answer.part",
      "chunks.answer",
      "connect.answer",
      "lease",
    ]);
    expect(down.at(-1)?.execution).toBe(ID);
  });

  it("passes every byte on in order, for any cut of the network", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(700), { maxLength: 30 }), (cuts) => {
        const { up, down } = piecesOf(cuts);
        expect(text(up)).toBe(REQUESTS + ACCEPTED.toString("latin1"));
        expect(text(down)).toBe(ANSWERS + LEASE.toString("latin1"));
        expect(up.map(({ kind }) => kind)).toEqual(["follow", "chunks", "connect", "accepted"]);
        expect(down.at(-1)?.kind).toBe("lease");
      }),
    );
  });

  it("offers the server no compression, as compressed messages could not be told apart", () => {
    const messages = new Messages("up", newConversation());
    const [piece] = messages.push(
      Buffer.from(
        "GET /agent/v1/pools/a/connect HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\nx: y\r\n\r\n",
      ),
    );
    expect(piece?.bytes.toString()).toBe("GET /agent/v1/pools/a/connect HTTP/1.1\r\nx: y\r\n\r\n");
  });
});
