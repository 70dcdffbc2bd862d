import fc from "fast-check";

/** A change of a valid message at one place: a value is replaced, added or removed. */
export interface Change {
  at: number;
  how: "replace" | "remove" | "add";
  name: string;
  value: unknown;
}

/** Stands for a number that JSON can write and no double can hold. */
const HUGE = "@huge@";

/** Values that JSON readers often get wrong, and values of others that a liar may know. */
export function hostileValues(known: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known) },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

const HOSTILE: unknown[] = [
  null,
  true,
  "",
  "\u0000",
  "\ud800",
  "../../../etc/passwd",
  "__proto__",
  "'; DROP TABLE executions; --",
  "{{ 'a' * 1000000000 }}",
  "x".repeat(20_000),
  -1,
  0,
  0.5,
  1e15,
  1e308,
  2 ** 53,
  HUGE,
  [],
  {},
  deep(120),
  Array.from({ length: 2_000 }, (_, at) => at),
];

/** One to four changes of a message. */
export function changes(values: fc.Arbitrary<unknown>): fc.Arbitrary<Change[]> {
  const change = fc.record<Change>({
    at: fc.nat(),
    how: fc.constantFrom("replace", "replace", "replace", "remove", "add"),
    name: fc.constantFrom("pool", "agent_id", "execution_id", "id", "epoch", "user", "host", "constructor"),
    value: values,
  });
  return fc.array(change, { minLength: 1, maxLength: 4 });
}

/** The text of a message with its changes. */
export function mutated(message: unknown, made: readonly Change[]): string {
  let root: unknown = structuredClone(message);
  for (const { at, how, name, value: given } of made) {
    // Later changes may reach into it.
    const value = structuredClone(given);
    const places = placesOf(root);
    const place = places[at % (places.length + 1)];
    if (place === undefined) root = how === "replace" ? value : root;
    else if (how === "replace") set(place, value);
    else if (how === "remove") remove(place);
    else if (Array.isArray(place.owner)) place.owner.push(value);
    else set({ owner: place.owner, key: name }, value);
  }
  return (JSON.stringify(root) ?? "").replaceAll(`"${HUGE}"`, "1e999");
}

interface Place {
  owner: Record<string, unknown> | unknown[];
  key: string;
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const owner = value as Place["owner"];
  return Object.entries(owner).flatMap(([key, inner]) => [{ owner, key }, ...placesOf(inner)]);
}

function set({ owner, key }: Place, value: unknown): void {
  Object.defineProperty(owner, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove({ owner, key }: Place): void {
  if (Array.isArray(owner)) owner.splice(Number(key), 1);
  else delete owner[key];
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
