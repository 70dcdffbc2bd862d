import { describe, expect, it } from "vitest";
import { explanation } from "../../cli/base/errors.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import { isTransient } from "../../protocol/client/client.ts";
import { errorIn } from "./followers/told.ts";

describe("the command line's last message", () => {
  it("keeps the server's code before the next step, so that a reader of a deleted execution stops", () => {
    const said = errorIn(`${explanation(new TailraceError("execution_not_found", 'No "6b0d" here'))}\n`);
    expect(said).toMatchObject({ code: "execution_not_found" });
    expect(isTransient(said)).toBe(false);
  });

  it("tells a lost connection apart, which is tried again", () => {
    const lost = new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNRESET" }) });
    expect(isTransient(errorIn(explanation(lost)))).toBe(true);
  });
});
