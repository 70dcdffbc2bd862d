import { isExact } from "../../base/numbers.ts";
import { TemplateError } from "../values/errors.ts";
import { isPlain } from "../values/iterate.ts";
import { numberIn, textIn, wholeIn } from "../values/numbers.ts";
import { literalOf } from "../values/print.ts";
import type { Run } from "../values/run.ts";
import { typeName } from "../values/types.ts";
import { Dict, identity, Markup, orElse, Thing, Tuple, Undefined, type Value } from "../values/values.ts";
import { attributeIn } from "./attributes.ts";

/** `value.name`: an attribute, else an item of this name. */
export function readAttribute(run: Run, value: Value, name: string): Value {
  if (value instanceof Undefined) value.fail();
  if (name.startsWith("_")) return unsafe(value, name);
  const attribute = attributeIn(run, value, name, readPart(run));
  const found = attribute === undefined ? itemIn(value, name) : attribute;
  return orElse(found, () => absent(run, value, name));
}

/** `value[key]`: an item, else an attribute of this name. */
export function readItem(run: Run, value: Value, key: Value): Value {
  if (value instanceof Undefined) value.fail();
  if (key instanceof Undefined) key.fail();
  run.budget.read(textIn(value)?.length ?? 0);
  const item = itemIn(value, key);
  if (item !== undefined) return item;
  const name = textIn(key);
  if (name === undefined) return absent(run, value, key);
  if (name.startsWith("_")) return typeName(value) === "dict" ? absent(run, value, key) : unsafe(value, name);
  return orElse(attributeIn(run, value, name, readPart(run)), () => absent(run, value, key));
}

/** Places of a text's format read attributes and items too. */
function readPart(run: Run) {
  return (value: Value, kind: "attribute" | "item", name: string): Value => {
    if (kind === "attribute") return readAttribute(run, value, name);
    return readItem(run, value, /^\d+$/.test(name) ? BigInt(name) : name);
  };
}

/** The item of a value; undefined where it has none. */
export function itemIn(value: Value, key: Value): Value | undefined {
  if (value instanceof Dict) return canBeKey(key) ? value.get(key) : undefined;
  if (value instanceof Thing && value.type === "Namespace") return value.can.attribute?.(textIn(key) ?? "");
  const number = numberIn(key);
  if (typeof number !== "bigint") return undefined;
  const place = Number(number);
  const text = textIn(value);
  if (text !== undefined) return isPlain(text) ? text.at(place) : [...text].at(place);
  if (Array.isArray(value)) return value.at(place);
  if (value instanceof Tuple) return value.items.at(place);
  if (!(value instanceof Thing) || !value.can.at || !value.can.size) return undefined;
  const size = value.can.size();
  const at = place < 0 ? place + size : place;
  return at >= 0 && at < size ? value.can.at(at) : undefined;
}

function canBeKey(key: Value): boolean {
  try {
    identity(key);
    return true;
  } catch {
    return false;
  }
}

/** A part of a list or a text: `value[start:stop:step]`. */
export function slice(run: Run, value: Value, start: Value, stop: Value, step: Value): Value {
  if (value instanceof Undefined) value.fail();
  const text = textIn(value);
  run.budget.read(4 * (text?.length ?? 0));
  const list = text !== undefined ? [...text] : value instanceof Tuple ? value.items : value;
  const places = placesOf(list);
  if (!places) return absent(run, value, null);
  const picked = pick(run, places, start, stop, step);
  if (text !== undefined) return picked.map((item) => textIn(item) ?? "").join("");
  return value instanceof Tuple ? new Tuple(picked) : picked;
}

/** Items by their places. */
interface Places {
  size: number;
  at: (place: number) => Value;
}

function placesOf(list: Value | readonly Value[]): Places | undefined {
  if (list instanceof Thing) {
    const { at, size } = list.can;
    return at && size && { size: size(), at };
  }
  return Array.isArray(list) ? { size: list.length, at: (place) => list[place] ?? null } : undefined;
}

function pick({ budget }: Run, { size, at }: Places, start: Value, stop: Value, step: Value): Value[] {
  const by = step === null ? 1 : wholeIn(step);
  if (by === 0) throw new TemplateError("slice step cannot be zero");
  const [lowest, highest] = by > 0 ? [0, size] : [-1, size - 1];
  const place = (value: Value, without: number) => {
    if (value === null) return without;
    const wanted = wholeIn(value);
    return Math.min(Math.max(wanted < 0 ? wanted + size : wanted, lowest), highest);
  };
  const [from, to] = [place(start, by > 0 ? lowest : highest), place(stop, by > 0 ? highest : lowest)];
  budget.items(Math.max(0, Math.ceil((to - from) / by)));
  const picked: Value[] = [];
  for (let next = from; by > 0 ? next < to : next > to; next += by) picked.push(at(next));
  return picked;
}

function unsafe(value: Value, name: string): Undefined {
  return new Undefined(`access to attribute '${name}' of '${typeName(value)}' object is unsafe.`, "unsafe");
}

/** What stands for an attribute, or an item, that is not there. */
export function absent({ budget }: Run, value: Value, key: Value): Undefined {
  const type = value === null ? "None" : `${longName(value)} object`;
  if (typeof key === "string") return new Undefined(`'${type}' has no attribute ${literalOf(key, budget)}`);
  return new Undefined(`${type} has no element ${literalOf(key, budget)}`);
}

function longName(value: Value): string {
  if (value instanceof Markup) return "markupsafe.Markup";
  if (value instanceof Thing && value.type === "Namespace") return "jinja2.utils.Namespace";
  return isExact(value) ? "float" : typeName(value);
}
