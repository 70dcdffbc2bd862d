import { parse } from "smol-toml";
import * as v from "valibot";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";

/** Where Cloudflare can be asked to put a database's primary copy. */
export const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"] as const;

/** The environment without a suffix in its names. */
export const PRODUCTION = "production";

const NAME = /^[a-z][a-z0-9-]{0,40}$/;
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const Environment = v.strictObject({
  /** The Worker's name. */
  name: v.exactOptional(v.string()),
  /** The own domains, in zones of the account. The first is shown as the address. */
  domains: v.exactOptional(
    v.pipe(
      v.array(v.pipe(v.string(), v.regex(DOMAIN, "give a domain, as tailrace.example.com"))),
      v.minLength(1),
    ),
  ),
  location: v.exactOptional(v.picklist(LOCATIONS)),
  /** The index. `tailrace deploy` writes it. */
  database_id: v.exactOptional(v.pipe(v.string(), v.uuid())),
  /** Settings that differ from those of wrangler.toml. */
  vars: v.exactOptional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
});
export type Environment = v.InferOutput<typeof Environment>;

/** An environment as the file has it. Throws for a file that cannot be read, and for a name that is none. */
export function readEnvironment(file: string, name: string): Environment {
  if (!NAME.test(name))
    throw new CliError(
      `An environment's name has small letters, digits and hyphens, not "${name}": --env staging`,
    );
  try {
    const all = v.parse(v.record(v.string(), Environment), parse(readOptional(file) ?? ""));
    return (Object.hasOwn(all, name) ? all[name] : undefined) ?? {};
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `${file} cannot be used: ${openSentence(failureText(error))}. docs/deploy.md lists what an environment may set.`,
    );
  }
}

/** Adds the id of an environment's database to the file, and leaves the rest as it is. Throws if the file takes no line so. */
export function writeDatabaseId(file: string, name: string, id: string): void {
  const text = readOptional(file) ?? "";
  const line = `database_id = "${id}"\n`;
  const changed = withLine(text, name, line);
  if (!hasDatabaseId(changed, name, id))
    throw new CliError(
      `${file} has no line [${name}] under which the id can go. Add it there: ${line.trim()}`,
    );
  writeWhole(file, changed);
}

function withLine(text: string, name: string, line: string): string {
  const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  const head = new RegExp(`^[ \\t]*\\[[ \\t]*${name}[ \\t]*\\][^\\n]*\\n`, "m").exec(whole);
  if (head === null) return `${whole}[${name}]\n${line}`;
  const at = head.index + head[0].length;
  return whole.slice(0, at) + line + whole.slice(at);
}

function hasDatabaseId(text: string, name: string, id: string): boolean {
  try {
    const one = v.safeParse(v.object({ [name]: Environment }), parse(text));
    return one.success && one.output[name]?.database_id === id;
  } catch {
    return false;
  }
}
