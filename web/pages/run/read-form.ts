import { writeExact } from "../../../protocol/base/numbers.ts";
import type { Parameter } from "../../../protocol/model/action.ts";
import { fieldName, removerOf } from "./field.tsx";
import { defaultOf, kindOf, readField } from "./value.ts";

/** The reasons why fields were refused, by their names. */
export type FieldErrors = ReadonlyMap<string, string>;

/**
 * The parameters that a form asks for, and the refused fields. A new run is given what differs from the defaults. A run with changes is
 * given what differs from the earlier one, with null for what it had and this one has not.
 */
export function readForm(
  form: HTMLFormElement,
  fields: [string, Parameter][],
  given: ReadonlyMap<string, unknown>,
) {
  const parameters: Record<string, unknown> = {};
  const errors = new Map<string, string>();
  for (const [name, parameter] of fields) {
    const before = given.get(name) ?? undefined;
    const field = { parameter, kind: kindOf(parameter, before ?? defaultOf(parameter)), given: before };
    const read = readField(field, textOf(form, fieldName(name)), textOf(form, removerOf(name)) === "true");
    if (read.kind === "refused") errors.set(name, read.reason);
    else if (read.kind === "none" && before !== undefined) parameters[name] = null;
    else if (read.kind === "value" && !isLeftOut(parameter, before, read.value))
      parameters[name] = read.value;
  }
  return { parameters, errors };
}

function isLeftOut(parameter: Parameter, before: unknown, value: unknown): boolean {
  const fallback = defaultOf(parameter);
  return before === undefined && fallback !== undefined && writeExact(value) === writeExact(fallback);
}

function textOf(form: HTMLFormElement, name: string): string {
  const control = form.elements.namedItem(name);
  if (control instanceof HTMLInputElement && control.type === "checkbox") return String(control.checked);
  return isField(control) ? control.value : "";
}

/** The field that the server's refusal is about. */
export function fieldOf(message: string): { name: string; reason: string } | undefined {
  const misfit = /^Parameter "(\w+)": (.*)$/s.exec(message);
  if (misfit?.[1] && misfit[2]) return { name: misfit[1], reason: misfit[2] };
  const missing = /^'(\w+)' is a required property$/.exec(message);
  return missing?.[1] ? { name: missing[1], reason: "is required" } : undefined;
}

/** Goes to a field, also one that is folded away. */
export function goToField(form: HTMLFormElement, name: string): void {
  const control = form.elements.namedItem(fieldName(name));
  if (!isField(control)) return;
  const folded = control.closest("details");
  if (folded) folded.open = true;
  control.focus();
}

function isField(control: unknown): control is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement {
  return (
    control instanceof HTMLInputElement ||
    control instanceof HTMLTextAreaElement ||
    control instanceof HTMLSelectElement
  );
}
