import { describe, expect, it } from "vitest";
import { failureText, firstLineOf, messageOf } from "../../protocol/base/failure-text.ts";

const ERROR = new Error("invalid value:\n  a secret\n", { cause: new Error("the parser stopped") });

describe("the text of an error", () => {
  it("is one line with every cause, for users", () => {
    expect(failureText(ERROR)).toBe("invalid value: a secret: the parser stopped");
  });

  it("keeps its lines where a mask must find a value in it", () => {
    expect(messageOf(ERROR)).toBe("invalid value:\n  a secret\n");
  });

  it("ends before a parser's excerpt", () => {
    expect(firstLineOf(ERROR)).toBe("invalid value:");
  });

  it.each([failureText, messageOf, firstLineOf])(
    "is the text of a thrown value that is no error: %o",
    (textOf) => {
      expect(textOf("stopped")).toBe("stopped");
    },
  );
});
