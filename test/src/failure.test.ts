import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { failureOf } from "../../src/http/failure.ts";
import { recordAudit } from "../../src/index/audit.ts";

const MAYBE_DONE = "A change may have been made or not: look, and try again.";
const NOTHING_DONE = "nothing was done";
const LOST = "Network connection lost.";
const FULL = "database or disk is full: SQLITE_FULL";

describe("a failure says whether the change may have been made", () => {
  it.each([
    ["a call whose connection was lost", { message: LOST, retryable: true }, "unavailable", MAYBE_DONE],
    [
      "an object that was reset",
      { message: LOST, retryable: true, durableObjectReset: true },
      "unavailable",
      MAYBE_DONE,
    ],
    [
      "an object that was reset as it took too much",
      { message: "exceeded its CPU time limit", overloaded: true, durableObjectReset: true },
      "unavailable",
      MAYBE_DONE,
    ],
    [
      "an object that takes no more",
      { message: "overloaded", overloaded: true },
      "unavailable",
      NOTHING_DONE,
    ],
    ["an index that is away", { message: `D1_ERROR: ${LOST}` }, "index_unavailable", MAYBE_DONE],
    ["a disk that is full", { message: FULL }, "storage_full", MAYBE_DONE],
  ])("%s", async (_, { message, ...properties }, code, text) => {
    const failure = await failureOf(env, Object.assign(new Error(message), properties), "of-mine");
    expect(failure).toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it("a value that the index cannot store is a bug, and not to be tried again", async () => {
    const error = new Error("D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'");
    expect(await failureOf(env, error, "of-mine")).toMatchObject({
      code: "internal",
      message: "Internal Server Error. The server's log has the reason, at request of-mine.",
    });
  });

  it("a full disk that prevented the audit entry is reported before the change begins", async () => {
    const INDEX = {
      prepare: () => ({ bind: () => undefined }),
      batch: () => Promise.reject(new Error(FULL)),
    };
    const record = { id: "a", action: "key.create", resource: "key:a" };
    const refused = recordAudit({ ...env, INDEX } as never, record as never);
    await expect(refused).rejects.toMatchObject({
      code: "storage_full",
      message: expect.stringContaining(NOTHING_DONE),
    });
  });
});
