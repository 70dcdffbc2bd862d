/** A part of a query: a sign, what stands in brackets or quotes, or a name. */
const PART = /\$|\.\.|\.|\*|\||,|\[[^\]]*\]|'[^']*'|"[^"]*"|[A-Za-z_@][\w@-]*/y;

/**
 * A query in the notation of jsonpath-rw, which StackStorm has, as queries of the standard: without `$` (`a.b`), of several names
 * (`a,b`), with a point before brackets (`a.[0]`), or as a choice (`a|b`). Any other query stays as it is.
 */
export function standardQueries(query: string): string[] {
  const parts = partsOf(query.trim());
  if (!parts) return [query];
  const queries: string[] = [];
  for (let rest = parts; ; ) {
    const at = rest.indexOf("|");
    queries.push(standard(at === -1 ? rest : rest.slice(0, at)));
    if (at === -1) return queries;
    rest = rest.slice(at + 1);
  }
}

function partsOf(query: string): string[] | undefined {
  const parts: string[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < query.length) {
    const part = PART.exec(query)?.[0];
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

function standard(parts: string[]): string {
  const [first] = parts;
  let query = first === "$" ? "" : "$";
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? "";
    if (isName(part)) {
      const names = [part];
      while (parts[at + 1] === "," && isName(parts[at + 2])) {
        names.push(parts[at + 2] ?? "");
        at += 2;
      }
      query += `[${names.map(quoted).join(", ")}]`;
    } else if (part === "*") query += "[*]";
    // A name, or brackets, follow: those need no point.
    else if (part !== ".") query += part;
  }
  return query;
}

function isName(part: string | undefined): boolean {
  return part !== undefined && /^["'A-Za-z_@]/.test(part);
}

function quoted(name: string): string {
  return /^["']/.test(name) ? name : `'${name}'`;
}
