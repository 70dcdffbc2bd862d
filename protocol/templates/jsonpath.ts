import {
  type FilterFunction,
  FunctionExpressionType,
  JSONPathEnvironment,
  JSONPathError,
  jsonpath,
} from "json-p3";
import { type ExactNumber, isStructure, mapExact, nearest } from "../base/numbers.ts";
import { PatternError } from "../base/pattern.ts";
import type { Steps } from "../base/steps.ts";
import { TemplateError } from "../jinja/values/errors.ts";
import { standardQueries } from "./jsonpath-forms.ts";
import { knownPatterns } from "./known-patterns.ts";

const { FilterSelector, IndexSelector, NameSelector } = jsonpath.selectors;
const { FilterExpression, FilterQuery } = jsonpath.expressions;

type Query = ReturnType<JSONPathEnvironment["compile"]>;
type Selector = Query["segments"][number]["selectors"][number];

/** Characters of one query. */
const QUERY_CHARS_MAX = 1_000;

/** Steps for one node that a selector reads. */
const NODE_STEPS = 60;

/**
 * The values that a query finds in a value. Every read of a node is counted, because a short query may find nodes many times
 * (`$..[*]..[*]`, `$[0,0][0,0]`). Its patterns are RE2's.
 */
export function queryValues(query: string, value: unknown, steps: Steps): unknown[] {
  if (query.length > QUERY_CHARS_MAX)
    throw new TemplateError(`a query has at most ${QUERY_CHARS_MAX} characters`);
  try {
    return foundValues(query, value, steps);
  } catch (error) {
    if (error instanceof JSONPathError)
      throw new TemplateError(`jsonpath_query: the query is not valid: ${error.message}`);
    throw error;
  }
}

function foundValues(query: string, value: unknown, steps: Steps): unknown[] {
  return standardQueries(query).flatMap((one) => found(one, value, steps));
}

function found(query: string, value: unknown, steps: Steps): unknown[] {
  const environment = new JSONPathEnvironment();
  environment.functionRegister.set(
    "match",
    matching(steps, (pattern) => `^(?:${pattern})$`),
  );
  environment.functionRegister.set(
    "search",
    matching(steps, (pattern) => pattern),
  );
  const compiled = environment.compile(query);
  countQuery(compiled, steps);
  // A query that compares uses doubles. One that only finds values keeps the digits of numbers.
  if (query.includes("?")) return compiled.query(nearest(value) as never).values();
  // The library would treat a number by its digits as a list of characters.
  const mark = crypto.randomUUID();
  const digits = new Map<string, ExactNumber>();
  const named = mapExact(value, (exact) => {
    const name = `number ${digits.size} ${mark}`;
    digits.set(name, exact);
    return name;
  });
  return compiled
    .query(named as never)
    .values()
    .map((found) => withDigits(found, digits));
}

function withDigits(value: unknown, digits: Map<string, ExactNumber>): unknown {
  if (digits.size === 0) return value;
  if (typeof value === "string") return digits.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => withDigits(item, digits));
  if (!isStructure(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDigits(item, digits)]));
}

function matching(steps: Steps, whole: (pattern: string) => string): FilterFunction {
  const { ValueType, LogicalType } = FunctionExpressionType;
  const compiled = knownPatterns(steps);
  return {
    argTypes: [ValueType, ValueType],
    returnType: LogicalType,
    call: (text: unknown, pattern: unknown) => {
      if (typeof text !== "string" || typeof pattern !== "string") return false;
      try {
        return compiled(whole(pattern)).test(text, steps);
      } catch (error) {
        // RFC 9535: an invalid pattern matches nothing.
        if (error instanceof PatternError) return false;
        throw error;
      }
    },
  };
}

/** Makes every selector of a query, also in its filters, count the nodes that it reads. */
function countQuery({ segments }: Query, steps: Steps): void {
  for (const selector of segments.flatMap(({ selectors }) => selectors)) {
    const cost = selector instanceof FilterSelector ? countExpression(selector.expression, steps) : 1;
    countSelector(selector, cost * NODE_STEPS, steps);
  }
}

function countSelector(selector: Selector, cost: number, steps: Steps): void {
  const { resolve, lazyResolve } = selector;
  // A selector that names one child reads no other.
  const names_one = selector instanceof NameSelector || selector instanceof IndexSelector;
  const costOf = (value: unknown) => cost * (names_one ? 1 : 1 + childrenOf(value));
  selector.resolve = (node) => {
    steps.spend(costOf(node.value));
    return resolve.call(selector, node);
  };
  selector.lazyResolve = (node) => {
    steps.spend(costOf(node.value));
    return lazyResolve.call(selector, node);
  };
}

function childrenOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

/** Makes the queries in a filter's expression count. Returns the number of the expression's parts. */
function countExpression(expression: unknown, steps: Steps): number {
  if (!(expression instanceof FilterExpression)) return 0;
  if (expression instanceof FilterQuery) countQuery(expression.path, steps);
  const parts = Object.values(expression).flat();
  return parts.reduce((sum: number, part) => sum + countExpression(part, steps), 1);
}
