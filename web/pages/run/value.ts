import { doubleOf, isStructure, numberOf, readExact, writeExact } from "../../../protocol/base/numbers.ts";
import type { Parameter } from "../../../protocol/model/action.ts";
import { MASK } from "../../../protocol/model/mask.ts";

/** The kinds of fields. */
export type FieldKind = "choice" | "switch" | "boolean" | "json" | "number" | "secret" | "text";

/** What a field says: a value, nothing, the value of the earlier run, or something that cannot be a value. */
export type FieldValue =
  | { kind: "value"; value: unknown }
  | { kind: "none" }
  | { kind: "same" }
  | { kind: "refused"; reason: string };

/** A field of a form. `given` is the value of the run that is changed and run again. */
export interface FieldState {
  parameter: Parameter;
  kind: FieldKind;
  given: unknown;
}

/** The type of a parameter's value, by its schema. A parameter of several types is written as text if it may be one. */
export function typeOf({ type }: Parameter): string {
  if (!Array.isArray(type)) return type ?? "string";
  const types = type.filter((one) => one !== "null");
  return types.includes("string") ? "string" : (types[0] ?? "string");
}

/** The default of a parameter. Null stands for none, as in StackStorm. */
export function defaultOf({ default: value }: Parameter): unknown {
  return value ?? undefined;
}

/** Whether a run without this parameter would be refused. */
export function isDemanded(parameter: Parameter): boolean {
  return parameter.required === true && defaultOf(parameter) === undefined;
}

/** The kind of field for a parameter that has this value at first. A text in place of a number or a list is a template. */
export function kindOf(parameter: Parameter, value: unknown): FieldKind {
  if (parameter.secret) return "secret";
  const type = typeOf(parameter);
  if (parameter.enum?.some((option) => isSame(option, value ?? option))) return "choice";
  if (typeof value === "string") return "text";
  if (type === "boolean") {
    const is_either = isDemanded(parameter) || typeof defaultOf(parameter) === "boolean";
    return is_either ? "switch" : "boolean";
  }
  if (type === "object" || type === "array") return "json";
  return type === "integer" || type === "number" ? "number" : "text";
}

/** The text of a value in its field. */
export function fieldText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : writeExact(value);
}

/** Reads a field from the text that it holds now. `removed`: the user wants to run without the secret of the earlier run. */
export function readField(field: FieldState, text: string, removed = false): FieldValue {
  const { parameter, kind, given } = field;
  if (isUntouched(field, text, removed)) return { kind: "same" };
  if (text === "") return readEmpty(parameter, kind);
  const value = typedValue(parameter, kind, text);
  if (value === undefined) return { kind: "refused", reason: formText(parameter, kind) };
  const reason = hasStars(given) && hasStars(text) ? STARS : rangeText(parameter, value);
  return reason === undefined ? { kind: "value", value } : { kind: "refused", reason };
}

/** A page does not know a secret, so its field is empty, and stays so if the secret is used again. */
function isUntouched({ kind, given }: FieldState, text: string, removed: boolean): boolean {
  if (given === undefined || given === null) return false;
  if (kind === "secret") return text === "" && !removed;
  // A field has one kind of line end.
  return text === fieldText(given).replace(/\r\n?/g, "\n");
}

/** An empty field says nothing, except that an empty text replaces a default text. */
function readEmpty(parameter: Parameter, kind: FieldKind): FieldValue {
  if (isDemanded(parameter)) return { kind: "refused", reason: "is required" };
  if (kind === "text" && fieldText(defaultOf(parameter)) !== "") return { kind: "value", value: "" };
  return { kind: "none" };
}

function typedValue(parameter: Parameter, kind: FieldKind, text: string): unknown {
  switch (kind) {
    case "choice":
      return parameter.enum?.find((option) => fieldText(option) === text);
    case "switch":
    case "boolean":
      return text === "true";
    case "number":
      return numberOf(text.trim());
    case "json":
      return jsonOf(text, typeOf(parameter));
    case "secret":
    case "text":
      return typeOf(parameter) === "string" ? text : (jsonOf(text, typeOf(parameter)) ?? text);
  }
}

/** A value of JSON, if it is a list or an object as its type demands. */
function jsonOf(text: string, type: string): unknown {
  try {
    const value = readExact(text);
    const is_list = Array.isArray(value);
    if (type === "array") return is_list ? value : undefined;
    if (type === "object") return isStructure(value) && !is_list ? value : undefined;
    return value;
  } catch {
    return undefined;
  }
}

function formText(parameter: Parameter, kind: FieldKind): string {
  if (kind === "number") return "is not a number";
  return typeOf(parameter) === "array"
    ? 'is not a list in JSON, like ["a", "b"]'
    : "is not an object in JSON";
}

/** Documents show stars in place of a secret. As a value they would be passed to the program. */
const STARS = `contains ${MASK}, which stands for a secret: write the secret, or leave the field as it was`;

function hasStars(value: unknown): boolean {
  return fieldText(value).includes(MASK);
}

/** The bound that a value is beyond. The server checks the others, and patterns. */
function rangeText(parameter: Parameter, value: unknown): string | undefined {
  const { minimum, maximum, minLength, maxLength } = parameter;
  if (typeof value === "string") {
    const chars = [...value].length;
    if (typeof minLength === "number" && chars < minLength)
      return `has ${chars} of at least ${minLength} characters`;
    if (typeof maxLength === "number" && chars > maxLength)
      return `has ${chars} of at most ${maxLength} characters`;
    return undefined;
  }
  const number = doubleOf(value);
  if (number === undefined) return undefined;
  if (typeOf(parameter) === "integer" && !Number.isInteger(number)) return "is not a whole number";
  const [least, most] = [doubleOf(minimum), doubleOf(maximum)];
  if (least !== undefined && number < least) return `is less than ${least}`;
  if (most !== undefined && number > most) return `is more than ${most}`;
  return undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return writeExact(one) === writeExact(other);
}
