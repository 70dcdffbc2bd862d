import type { Sign } from "../operators/arithmetic.ts";
import type { Value } from "../values/values.ts";

/** The arguments of a call, a filter or a test. */
export interface CallArguments {
  positional: Expression[];
  named: { name: string; value: Expression }[];
  /** `*list` and `**object`. */
  list?: Expression | undefined;
  object?: Expression | undefined;
}

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export type Expression =
  | { kind: "constant"; value: Value }
  | { kind: "name"; name: string }
  | { kind: "list" | "tuple"; items: Expression[] }
  | { kind: "object"; entries: { key: Expression; value: Expression }[] }
  | { kind: "attribute"; of: Expression; name: string }
  | { kind: "item"; of: Expression; key: Expression }
  | {
      kind: "slice";
      of: Expression;
      start: Expression | null;
      stop: Expression | null;
      step: Expression | null;
    }
  | { kind: "call"; of: Expression; args: CallArguments }
  /** A filter or a test; the filter of a block has no value of its own. */
  | { kind: "filter"; of: Expression | null; name: string; args: CallArguments }
  | { kind: "test"; of: Expression; name: string; args: CallArguments }
  | { kind: "calculation"; sign: Sign; left: Expression; right: Expression }
  | { kind: "signed"; sign: "+" | "-"; of: Expression }
  | { kind: "not"; of: Expression }
  | { kind: "and" | "or"; left: Expression; right: Expression }
  | { kind: "comparison"; first: Expression; others: { by: Comparison; value: Expression }[] }
  | { kind: "joined"; parts: Expression[] }
  | { kind: "choice"; test: Expression; yes: Expression; no: Expression | null };

export type FilterExpression = Extract<Expression, { kind: "filter" }>;

/** What a statement assigns to. */
export type Target =
  | { kind: "name"; name: string }
  | { kind: "tuple"; items: Target[] }
  | { kind: "attribute"; namespace: string; name: string };

export interface Parameters {
  names: string[];
  /** The defaults of the last names. */
  defaults: Expression[];
}

export type Statement =
  | { kind: "text"; text: string }
  | { kind: "print"; value: Expression }
  | { kind: "if"; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | {
      kind: "for";
      target: Target;
      items: Expression;
      test: Expression | null;
      is_recursive: boolean;
      body: Statement[];
      otherwise: Statement[];
    }
  | { kind: "set"; target: Target; value: Expression }
  | { kind: "set block"; target: Target; filter: FilterExpression | null; body: Statement[] }
  | { kind: "with"; targets: { target: Target; value: Expression }[]; body: Statement[] }
  | { kind: "macro"; name: string; parameters: Parameters; body: Statement[] }
  | {
      kind: "call block";
      parameters: Parameters;
      call: Extract<Expression, { kind: "call" }>;
      body: Statement[];
    }
  | { kind: "filter block"; filter: FilterExpression; body: Statement[] }
  | { kind: "escaping"; on: Expression; body: Statement[] }
  | { kind: "block"; name: string; body: Statement[] }
  /** `include`, `import`, `from` and `extends`: there are no other templates. */
  | { kind: "other template"; made: string[]; from: Expression; is_optional: boolean };
