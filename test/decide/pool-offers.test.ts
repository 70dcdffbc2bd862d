import { describe, expect, it } from "vitest";
import { Offers } from "../../src/pool/offers.ts";

describe("an answer to an offer", () => {
  it("counts once", () => {
    const offers = new Offers();
    const offer = offers.begin("one");
    expect(offers.end("one", offer)).toBe(true);
    expect(offers.end("one", offer)).toBe(false);
  });

  it("is void after a later offer of the same execution, whose own answer counts", () => {
    const offers = new Offers();
    const earlier = offers.begin("one");
    const later = offers.begin("one");
    expect(offers.end("one", earlier)).toBe(false);
    expect(offers.end("one", later)).toBe(true);
  });

  it("is not touched by an offer of another execution", () => {
    const offers = new Offers();
    const offer = offers.begin("one");
    offers.begin("two");
    expect(offers.end("one", offer)).toBe(true);
  });
});
