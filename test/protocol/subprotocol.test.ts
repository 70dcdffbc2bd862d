import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OUTPUT_PROTOCOL, offerProtocols, readOffer } from "../../protocol/wire/subprotocol.ts";

describe("a credential among the subprotocols", () => {
  it("is read as it was offered, in names that a WebSocket accepts", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.constantFrom(",", ", "),
        (text, comma) => {
          const offered = offerProtocols(text);
          for (const name of offered) expect(name).toMatch(/^[\w.-]+$/);
          expect(readOffer(offered.join(comma))).toEqual({ output: true, credential: text });
        },
      ),
    );
  });

  it("is undefined if none is offered", () => {
    expect(offerProtocols("")).toEqual([OUTPUT_PROTOCOL]);
    expect(readOffer(OUTPUT_PROTOCOL)).toEqual({ output: true, credential: undefined });
    expect(readOffer(undefined)).toEqual({ output: false, credential: undefined });
  });

  it.each(["tailrace.credential.", "tailrace.credential.%%", "tailrace.credential._w"])(
    "is undefined if it cannot be read: %s",
    (offered) => {
      expect(readOffer(offered).credential || undefined).toBeUndefined();
    },
  );
});
