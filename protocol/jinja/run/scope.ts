import type { Budget } from "../values/budget.ts";
import { heldChars } from "../values/numbers.ts";
import type { Value } from "../values/values.ts";

/** The names that a part of a template makes, within those around it. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #values = new Map<string, Value>();
  readonly #held = new Map<string, number>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    return value === undefined ? this.#parent?.get(name) : value;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Sets a variable, and counts the text that it has now in the place of the one before. */
  assign(name: string, value: Value, budget: Budget): void {
    const chars = heldChars(value);
    // A value that was given is not counted here.
    budget.letGo(this.#held.get(name) ?? 0);
    budget.hold(chars);
    this.#held.set(name, chars);
    this.#values.set(name, value);
  }

  /** The scope of the whole template. */
  get root(): Scope {
    return this.#parent?.root ?? this;
  }
}
