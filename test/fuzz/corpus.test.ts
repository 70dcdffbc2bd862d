import { describe, expect, it } from "vitest";
import { attempt } from "./attempt.ts";
import { mutated } from "./mutate.ts";
import { hashOf, Random } from "./random.ts";
import { corpusOf, loadTarget, targetNames } from "./targets.ts";

/** Inputs of each target that are made anew, the same ones each time, and characters of one. */
const MADE = 50;
const MADE_CHARS_MAX = 4 * 1024;

describe.each(targetNames())("what is read by %s", (name) => {
  it("is read, or refused, as it must be: what failed once, and what is made", async () => {
    const target = await loadTarget(name);
    const random = new Random(hashOf(name));
    const { seeds, make } = target;
    const seed = () => seeds[random.below(seeds.length)] ?? "";
    const made = Array.from({ length: MADE }, () => {
      const whole = make && random.oneIn(2) ? make(random) : seed();
      const input = random.oneIn(3) ? whole : mutated(whole, seed(), target, random);
      return input.slice(0, MADE_CHARS_MAX);
    });
    const failed: string[] = [];
    for (const [from, input] of [
      ...corpusOf(name),
      ...seeds.entries(),
      ...made.map((one) => ["made", one] as const),
    ]) {
      const failure = await attempt(target, input);
      if (failure) failed.push(`${from}: ${JSON.stringify(input.slice(0, 500))}\n${failure.text}`);
    }
    await target.end?.();
    expect(failed).toEqual([]);
  });
});
