import { isEqual } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import type { Run } from "../values/run.ts";
import { callable, orElse, Thing, Tuple, Undefined, type Value } from "../values/values.ts";

/** Renders a recursive loop once more, one level deeper. */
export type Again = (items: Value, depth: number) => Value;

/** A loop's own variable, `loop`. */
export class Loop {
  readonly #items: Value[];
  readonly #depth: number;
  readonly #run: Run;
  #at = 0;
  /** What `changed` was asked last. */
  #last: Value | undefined;
  readonly value: Thing;

  constructor(run: Run, items: Value[], depth: number, again: Again | undefined) {
    this.#run = run;
    this.#items = items;
    this.#depth = depth;
    this.value = new Thing("LoopContext", () => `<LoopContext ${this.#at + 1}/${items.length}>`, {
      attribute: (name) => this.#attribute(name),
      call: ({ positional: [inner = null] }) => {
        if (again) return again(inner, depth + 1);
        throw new TemplateError("The loop must have the 'recursive' marker to be called recursively.");
      },
      size: () => items.length,
    });
  }

  moveTo(at: number): void {
    this.#at = at;
  }

  #attribute(name: string): Value | undefined {
    const { length } = this.#items;
    switch (name) {
      case "index":
        return BigInt(this.#at + 1);
      case "index0":
        return BigInt(this.#at);
      case "revindex":
        return BigInt(length - this.#at);
      case "revindex0":
        return BigInt(length - this.#at - 1);
      case "first":
        return this.#at === 0;
      case "last":
        return this.#at === length - 1;
      case "length":
        return BigInt(length);
      case "depth":
        return BigInt(this.#depth + 1);
      case "depth0":
        return BigInt(this.#depth);
      case "previtem":
        return orElse(this.#items[this.#at - 1], () => new Undefined("there is no previous item"));
      case "nextitem":
        return orElse(this.#items[this.#at + 1], () => new Undefined("there is no next item"));
      case "cycle":
        return callable("method", "<bound method LoopContext.cycle>", ({ positional }) => {
          if (positional.length === 0) throw new TemplateError("no items for cycling given");
          return positional[this.#at % positional.length] ?? null;
        });
      case "changed":
        return callable("method", "<bound method LoopContext.changed>", ({ positional }) => {
          const asked = new Tuple(positional);
          const is_same = this.#last !== undefined && isEqual(this.#last, asked, this.#run.budget);
          if (!is_same) this.#last = asked;
          return !is_same;
        });
    }
    return undefined;
  }
}
