import { isTrue } from "../values/compare.ts";
import { TemplateError } from "../values/errors.ts";
import { escaped, escapedText } from "../values/escape.ts";
import { itemsIn, listOf } from "../values/iterate.ts";
import { numberIn, textIn } from "../values/numbers.ts";
import { textOf } from "../values/print.ts";
import { type Native, native, type Run } from "../values/run.ts";
import { Dict, Markup, Undefined, type Value } from "../values/values.ts";
import { jsonText } from "./json.ts";

/** Steps of a character of a text whose tags and entities are looked for. */
const TAG_STEPS = 4;

const escaping = native("escape", "s", ({ budget }, value: Value) => new Markup(escaped(value, budget)));

/** The filters for HTML, JSON in HTML, and addresses. */
export const HTML_FILTERS: Record<string, Native> = {
  e: escaping,
  escape: escaping,
  forceescape: native("do_forceescape", "value", ({ budget }, value: Value) => {
    return new Markup(budget.made(escapedText(textOf(value, budget))));
  }),
  safe: native("do_mark_safe", "value", ({ budget }, value: Value) => new Markup(textOf(value, budget))),
  striptags: native("do_striptags", "value", ({ budget }, value: Value) => {
    const text = textOf(value, budget);
    budget.spend(TAG_STEPS * text.length);
    return budget.made(withoutTags(text));
  }),
  tojson: native("do_tojson", "value indent?", ({ budget }, value: Value, indent: Value = null) => {
    const space = indentOf(indent);
    const layout = { indent: space, sort_keys: true, comma: space === undefined ? ", " : ",", colon: ": " };
    const json = jsonText(value, layout, budget);
    return new Markup(
      budget.made(json.replace(/[<>&']/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)),
    );
  }),
  urlencode: native("do_urlencode", "value", (run, value: Value) => urlEncoded(run, value)),
  urlize: native(
    "do_urlize",
    "value trim_url_limit? nofollow? target? rel? extra_schemes?",
    ({ budget }, value: Value, limit: Value = null) =>
      budget.made(linked(textOf(value, budget), numberIn(limit))),
  ),
  xmlattr: native("do_xmlattr", "d autospace?", (run, value: Value, autospace: Value = true) =>
    attributes(run, value, isTrue(autospace)),
  ),
};

/** Spaces, or another text, by which JSON is indented. */
const INDENT_MAX = 20;

/** The indent that a filter is given: a number of spaces, a text, or none. */
export function indentOf(indent: Value): string | undefined {
  if (indent === null) return undefined;
  const number = numberIn(indent);
  return number === undefined
    ? textIn(indent)
    : " ".repeat(Math.min(Math.max(Number(number), 0), INDENT_MAX));
}

const ENTITIES = new Map(
  Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" }),
);

function withoutTags(text: string): string {
  const bare = without(without(text, "<!--", "-->"), "<", ">")
    .replace(/\s+/g, " ")
    .trim();
  return bare.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,8}));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(name) ?? entity;
    const code = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}

/** A text without what stands between two marks; an open one without its end stays. */
function without(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let at = 0;
  for (let start = text.indexOf(open); start !== -1; start = text.indexOf(open, at)) {
    const end = text.indexOf(close, start);
    if (end === -1) break;
    kept.push(text.slice(at, start));
    at = end + close.length;
  }
  kept.push(text.slice(at));
  return kept.join("");
}

function urlEncoded({ budget }: Run, value: Value): string {
  const text = textIn(value);
  if (text === undefined && !itemsIn(value)) return quotedUrl(textOf(value, budget), "/");
  if (text !== undefined) return budget.made(quotedUrl(text, "/"));
  const pairs =
    value instanceof Dict ? [...value.entries()] : listOf(value, budget).map((pair) => listOf(pair, budget));
  const part = (one: Value = null) => budget.made(quotedUrl(textOf(one, budget), "").replaceAll("%20", "+"));
  return budget.made(pairs.map(([key, item]) => `${part(key)}=${part(item)}`).join("&"));
}

function quotedUrl(text: string, safe: string): string {
  const quoted = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return safe === "/" ? quoted.replaceAll("%2F", "/") : quoted;
}

function attributes({ budget }: Run, value: Value, with_space: boolean): string {
  if (!(value instanceof Dict)) throw new TemplateError("xmlattr needs an object");
  const shown = [...value.entries()].flatMap(([key, item]) => {
    if (item === null || item instanceof Undefined) return [];
    const name = textOf(key, budget);
    if (/[\s/>=]/.test(name)) throw new TemplateError(`Invalid character in attribute name: '${name}'`);
    return [`${escapedText(name)}="${escaped(item, budget)}"`];
  });
  const text = shown.join(" ");
  return budget.made(with_space && text !== "" ? ` ${text}` : text);
}

/** A text in which web addresses are links. */
function linked(text: string, limit: bigint | number | undefined): string {
  return text.replace(/(^|[\s(<])(https?:\/\/[^\s<>)]*[^\s<>).,;:!?])/g, (_, before, address) => {
    const shown =
      limit !== undefined && address.length > limit ? `${address.slice(0, Number(limit))}...` : address;
    return `${before}<a href="${escapedText(address)}" rel="noopener">${escapedText(shown)}</a>`;
  });
}
