import { readSettings } from "../../../agent/settings/settings.ts";
import { parseHosts } from "../../../agent/ssh/hosts.ts";
import { CliError } from "../../../cli/base/errors.ts";
import { readParameters } from "../../../cli/commands/parameters.ts";
import { isExact, isStructure, writeExact } from "../../../protocol/base/numbers.ts";
import { pythonLiteral } from "../../../protocol/base/python-literal.ts";
import { castText, castWhole } from "../../../protocol/model/casts.ts";
import { keyScope } from "../../../protocol/model/key.ts";
import { readLabels } from "../../../protocol/model/label.ts";
import { parsePythonValue } from "../../../protocol/model/python-value.ts";
import { readOffer } from "../../../protocol/wire/subprotocol.ts";
import { readRange } from "../../../protocol/wire/version.ts";
import { must, type Target } from "../target.ts";

const TYPES = ["integer", "number", "boolean", "array", "object", "string", undefined];
const PARAMETERS = Object.fromEntries(
  TYPES.map((type) => [String(type), type === undefined ? {} : { type }]),
);

/** Small texts that are parsed as values: parameters, labels, hosts, versions, an offer of subprotocols. */
export const target: Target = {
  covers: [
    "protocol/model/casts.ts",
    "protocol/model/python-value.ts",
    "protocol/base/python-literal.ts",
    "cli/parameters.ts",
    "protocol/model/label.ts",
    "ssh/hosts.ts",
    "protocol/wire/subprotocol.ts",
    "protocol/wire/version.ts",
  ],
  shape: "json",
  chars_max: 8_192,
  words: [
    "True",
    "None",
    "'",
    "\\x41",
    "\\u00e4",
    "0x10",
    "1e5",
    "integer=",
    "array=",
    "object=",
    "boolean=",
    "cmd",
    "[::1]:22",
    "web1:2222",
    "tailrace.credential.",
    "--label=a=b",
    "2-3",
  ],
  seeds: [
    "{'a': [1, True, None, (2, 3)], \"b\": 'it\\'s', 'c': 1.50}",
    '{"a":[1,2.0,null],"b":"text"}',
    "007",
    "+5",
    "-0.50",
    "yes",
    "a, b,c",
    "array=a,b object=a=1,b=2 integer=5 cmd ls -l",
    "gpu=a100",
    "web1,web2:2222,[::1]:22,::1",
    "tailrace.output, tailrace.credential.dHI",
    "2-3",
  ],
  throws: [CliError, Error],
  run: (input) => {
    for (const type of TYPES) {
      const value = castText(type, input);
      if (type === "array" || type === "object")
        must(value === undefined || isStructure(value), "a structure is one");
      if (type === "integer" && value !== undefined)
        must(isExact(value) || Number.isInteger(value), "a whole number is one");
      castWhole(type, value);
      writeExact(value);
    }
    pythonLiteral(input);
    readRange(input);
    readOffer(input);
    keyScope(input);
    attempts([
      () => parsePythonValue(input),
      () =>
        readParameters(
          input.split(" ").filter((token) => !token.startsWith("@")),
          PARAMETERS,
          {},
        ),
      () => readLabels(input.split(",")),
      () => parseHosts(input),
      () => readSettings(["--url", "http://a", "--state", "/", ...input.split(" ")], {}),
    ]);
  },
};

/** Tries each act, also after one that refuses. */
function attempts(acts: (() => unknown)[]): void {
  for (const act of acts) {
    try {
      act();
    } catch (error) {
      const isRefusal =
        error instanceof Error &&
        (error.constructor === Error || error instanceof CliError || isOfNode(error));
      if (!isRefusal) throw error;
    }
  }
}

/** Node's reader of arguments refuses with its own errors, whose texts the agent shows. */
function isOfNode(error: Error): boolean {
  return "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}
