import { VALUE_DEPTH_MAX } from "../base/limits.ts";
import { isStructure, numberOf } from "../base/numbers.ts";

const TOKEN = /\s*("(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|-?\d[\w.+-]*|[A-Za-z]+|[[\](){},:])\s*/y;

const WORDS: Record<string, unknown> = {
  True: true,
  False: false,
  None: null,
  true: true,
  false: false,
  null: null,
};

/** The value of a text in Python's notation (`{'a': [1, True, None]}`). Throws if it has none. */
export function parsePythonValue(text: string): unknown {
  const tokens = tokensOf(text);
  let at = 0;
  const value = read(0);
  if (at < tokens.length) throw new Error(`unexpected ${tokens[at]}`);
  return value;

  function read(depth: number): unknown {
    const token = tokens[at++];
    if (token === undefined || depth > VALUE_DEPTH_MAX) throw new Error("not a value of Python");
    if (token === "[") return items("]", depth);
    if (token === "(") return items(")", depth);
    if (token === "{") return object(depth);
    if (/^["']/.test(token)) return unquoted(token);
    if (Object.hasOwn(WORDS, token)) return WORDS[token];
    const number = numberOf(token) ?? Number(token);
    if (/^-?\d/.test(token) && !Number.isNaN(Number(number))) return number;
    throw new Error(`unexpected ${token}`);
  }

  function items(close: string, depth: number): unknown[] {
    const list: unknown[] = [];
    while (tokens[at] !== close) {
      list.push(read(depth + 1));
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== close) throw new Error(`${close} is missing`);
    }
    at++;
    return list;
  }

  function object(depth: number): unknown {
    const entries: [string, unknown][] = [];
    while (tokens[at] !== "}") {
      const key = read(depth + 1);
      if (isStructure(key)) throw new Error("a list or an object cannot be a key");
      if (tokens[at++] !== ":") throw new Error(": is missing");
      entries.push([String(key), read(depth + 1)]);
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== "}") throw new Error("} is missing");
    }
    at++;
    return Object.fromEntries(entries);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Error("not a value of Python");
    tokens.push(token);
  }
  return tokens;
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\n": "" };

function unquoted(token: string): string {
  return token.slice(1, -1).replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|([\s\S]))/gi, (_, byte, unit, sign) => {
    if (sign === undefined) return String.fromCharCode(Number.parseInt(byte ?? unit, 16));
    return ESCAPES[sign] ?? (/[\\'"]/.test(sign) ? sign : `\\${sign}`);
  });
}
