import { describe, expect, it, onTestFinished } from "vitest";
import { PINGS_UNANSWERED_MAX } from "../../protocol/base/limits.ts";
import { GRANT_CHARS } from "../../protocol/base/reader-limits.ts";
import { encodeChunk, encodeEvent } from "../../protocol/wire/line.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import { type Loss, Tap } from "../../src/reading/tap.ts";
import { eventually } from "./support/eventually.ts";

const LINE = encodeChunk({
  seq: 1,
  timestamp: "2026-11-24T12:00:00.000000Z",
  output_type: "stdout",
  data: '{"event":"end"}\n',
});
const CREDIT: ControlEvent = { event: "credit", last_seq: 9 };

/** A tap, the object's end of its socket, and everything that each of them has received. */
function tapped({ output = () => undefined }: { output?: (message: string) => void } = {}) {
  const { 0: end, 1: object } = new WebSocketPair();
  const at_object: string[] = [];
  const closes: { code: number; reason: string }[] = [];
  object.addEventListener("message", ({ data }) => {
    at_object.push(String(data));
  });
  object.addEventListener("close", ({ code, reason }) => {
    closes.push({ code, reason });
  });
  object.accept();
  onTestFinished(() => object.close());
  const tap = new Tap(end);
  const outputs: string[] = [];
  const controls: ControlEvent[] = [];
  const losses: Loss[] = [];
  const failures: unknown[] = [];
  const seen = { pongs: 0 };
  const accept = () =>
    tap.accept({
      output: (message) => {
        output(message);
        outputs.push(message);
      },
      control: (event) => {
        controls.push(event);
      },
      pong: () => {
        seen.pongs++;
      },
      lost: (loss) => {
        losses.push(loss);
      },
      failed: (error) => {
        failures.push(error);
      },
    });
  return { tap, object, accept, at_object, closes, outputs, controls, losses, failures, seen };
}

describe("a tap", () => {
  it("separates control records, output and answers to pings, in order and from the first message on", async () => {
    const { object, accept, outputs, controls, seen } = tapped();
    object.send(LINE);
    object.send(encodeEvent(CREDIT));
    accept();
    object.send("pong");
    object.send(LINE + LINE);
    await eventually(() => expect(outputs).toHaveLength(2));
    expect(outputs).toEqual([LINE, LINE + LINE]);
    expect(controls).toEqual([CREDIT]);
    expect(seen.pongs).toBe(1);
  });

  it("grants what its reader has consumed, once it is enough", async () => {
    const { tap, accept, at_object } = tapped();
    accept();
    tap.grant(0);
    tap.consume(GRANT_CHARS - 1);
    tap.grant();
    tap.consume(1);
    tap.grant();
    tap.consume(5);
    tap.grant(5);
    await eventually(() => expect(at_object).toHaveLength(2));
    expect(at_object).toEqual([`{"credit":${GRANT_CHARS}}`, '{"credit":5}']);
  });

  it("grants less if the object has run out of credit, and only once", async () => {
    const { tap, object, accept, at_object, controls } = tapped();
    accept();
    object.send(encodeEvent(CREDIT));
    await eventually(() => expect(controls).toEqual([CREDIT]));
    tap.grant();
    tap.consume(3);
    tap.grant();
    tap.consume(4);
    tap.grant();
    tap.send("last");
    await eventually(() => expect(at_object).toContain("last"));
    expect(at_object).toEqual(['{"credit":3}', "last"]);
  });

  it("is lost when its pings are not answered, and closes its socket", async () => {
    const { tap, accept, at_object, closes, losses } = tapped();
    accept();
    for (let pings = 0; pings < PINGS_UNANSWERED_MAX; pings++) tap.beat();
    expect(losses).toEqual([]);
    tap.beat();
    tap.beat();
    expect(losses).toEqual([{ kind: "silent" }]);
    await eventually(() => expect(closes).toEqual([{ code: 1001, reason: "silent" }]));
    expect(at_object).toEqual(Array.from({ length: PINGS_UNANSWERED_MAX }, () => "ping"));
  });

  it.each(["pong", LINE, encodeEvent(CREDIT)])("takes a message for a sign of life: %j", async (message) => {
    const { tap, object, accept, outputs, controls, losses, seen } = tapped();
    accept();
    for (let pings = 0; pings < PINGS_UNANSWERED_MAX; pings++) tap.beat();
    object.send(message);
    await eventually(() => expect(outputs.length + controls.length + seen.pongs).toBe(1));
    for (let pings = 0; pings < PINGS_UNANSWERED_MAX; pings++) tap.beat();
    expect(losses).toEqual([]);
    tap.beat();
    expect(losses).toEqual([{ kind: "silent" }]);
  });

  it("is lost when the object closes its socket, with the code and the reason", async () => {
    const { tap, object, accept, losses } = tapped();
    accept();
    object.close(1008, "the credential is void");
    await eventually(() => expect(losses).toHaveLength(1));
    expect(losses).toEqual([{ kind: "closed", code: 1008, reason: "the credential is void" }]);
    expect(tap.send("late")).toBe(false);
  });

  it("reports an error of its reader, and goes on with the next message", async () => {
    const error = new Error("the reader is full");
    let calls = 0;
    const output = () => {
      if (++calls === 1) throw error;
    };
    const { object, accept, outputs, failures } = tapped({ output });
    accept();
    object.send(LINE);
    object.send(LINE);
    await eventually(() => expect(outputs).toEqual([LINE]));
    expect(failures).toEqual([error]);
  });

  it("calls nothing after it was closed, and grants nothing", async () => {
    const { tap, object, accept, at_object, closes, outputs, losses } = tapped();
    accept();
    object.send(LINE);
    tap.consume(GRANT_CHARS);
    tap.close();
    tap.grant();
    tap.beat();
    await eventually(() => expect(closes).toEqual([{ code: 1000, reason: "done" }]));
    expect([at_object, outputs, losses]).toEqual([[], [], []]);
  });

  it("can be closed before it was accepted", async () => {
    const { tap, closes } = tapped();
    tap.close(1000, "reader gone");
    await eventually(() => expect(closes).toEqual([{ code: 1000, reason: "reader gone" }]));
  });
});
