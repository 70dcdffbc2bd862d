import { describe, expect, it } from "vitest";
import { asAdmin } from "./support/identity.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();

/** Two rows, of which the first is drawn again. */
const REDRAWN = ["a: 0 %\nb: 0 %\n", "\x1b[2A\x1b[K", "a: 100 %\n\x1b[B"];

function plain(id: string, query = ""): Promise<Response> {
  return fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?format=plain${query}`, { headers: asAdmin });
}

describe("output as plain text", () => {
  it("is what a terminal shows, once the execution has ended", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, ...REDRAWN, "\x1b[31mred", "\x1b[0m"));
    await client.end(id, token, ended(5));
    expect(await (await plain(id)).text()).toBe("a: 100 %\nb: 0 %\nred");
  });

  it("is what a terminal shows, of what has been stored", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, ...REDRAWN, "10 %\r2"));
    expect(await (await plain(id, "&follow=false")).text()).toBe("a: 100 %\nb: 0 %\n20 %");
  });

  it("has each row at its line feed, for a live reader", async () => {
    const { id, token } = await run(client);
    const { body } = await plain(id);
    const text = textOf(body);
    await client.append(id, token, chunks(1, "10 %\r", "100 %", "\n"));
    expect(await text.next("100 %\n".length)).toBe("100 %\n");
    const rows = "a: 0 %\nb: 0 %\na: 100 %\n";
    await client.append(id, token, chunks(4, ...REDRAWN, "open"));
    expect(await text.next(rows.length)).toBe(rows);
    await client.end(id, token, ended(7));
    expect(await text.next(Number.POSITIVE_INFINITY)).toBe("open");
  });
});

/** Reads a body in parts of a length; the last one may be shorter. */
function textOf(body: ReadableStream<Uint8Array> | null): { next: (chars: number) => Promise<string> } {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async next(chars) {
      let text = "";
      while (text.length < chars) {
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done || value === undefined) break;
        text += value;
      }
      return text;
    },
  };
}
