import { describe, expect, it } from "vitest";
import { attempt } from "./attempt.ts";
import { mutated } from "./mutate.ts";
import { hashOf, Random } from "./random.ts";
import { corpusOf, loadTarget, targetNames } from "./targets.ts";

/** How many inputs of each target are generated, the same ones each time, and their length in characters. */
const MADE = 50;
const MADE_CHARS_MAX = 4 * 1024;

describe.each(targetNames())("an input of %s", (name) => {
  it("is read or refused as required: inputs that failed once, and generated ones", async () => {
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
