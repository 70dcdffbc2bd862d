import { sequenceOf } from "./sequence-of.ts";
import { PLAIN, type Style, TRUE_COLOUR, type Underline } from "./style.ts";

/** A parameter: its number, and its sub-parameters. -1 is a missing one. */
type Parameter = readonly [value: number, ...subs: number[]];

/**
 * Select graphic rendition: a style after parameters. Unknown ones change nothing. Programs repeat the same few steps, so they are kept;
 * and then equal styles are the same object.
 */
export function restyle(before: Style, parameters: string): Style {
  const known = STEPS.get(before)?.get(parameters);
  if (known !== undefined) return known;
  if (kept_steps === STEPS_MAX) forget();
  const style = kept(styleAfter(before, parametersOf(parameters)));
  const steps = STEPS.get(before) ?? new Map<string, Style>();
  // A copy: a part of a text would keep the whole text in memory.
  steps.set([...parameters].join(""), style);
  STEPS.set(before, steps);
  kept_steps++;
  return style;
}

/** For a style, the styles after parameters. */
const STEPS = new Map<Style, Map<string, Style>>();
/** The styles of all steps. Without it, each step would lead to a style with steps of its own. */
const STYLES = new Map<string, Style>();
const STEPS_MAX = 4_096;
let kept_steps = 0;

function forget(): void {
  STEPS.clear();
  STYLES.clear();
  kept_steps = 0;
}

function kept(style: Style): Style {
  const name = sequenceOf(style) + (style.href ?? "");
  if (name === PLAIN_NAME) return PLAIN;
  const same = STYLES.get(name);
  if (same === undefined) STYLES.set(name, style);
  return same ?? style;
}

const PLAIN_NAME = sequenceOf(PLAIN);

function styleAfter(before: Style, parameters: readonly Parameter[]): Style {
  let style = before;
  for (let at = 0; at < parameters.length; at++) {
    const [code = 0, ...subs] = parameters[at] ?? [0];
    const change = CHANGES[code];
    if (code === 0) style = style.href === undefined ? PLAIN : { href: style.href };
    else if (change !== undefined) style = { ...style, ...change };
    else if (code === 4) style = underlined(style, subs[0] ?? 1);
    else if (code === 21) style = underlined(style, 2);
    else if (code === 24) style = underlined(style, 0);
    else if (code >= 30 && code <= 37) style = { ...style, fg: code - 30 };
    else if (code >= 40 && code <= 47) style = { ...style, bg: code - 40 };
    else if (code >= 90 && code <= 97) style = { ...style, fg: code - 82 };
    else if (code >= 100 && code <= 107) style = { ...style, bg: code - 92 };
    else if (code === 38 || code === 48 || code === 58) {
      const { colour, taken } = extendedColour(parameters, at);
      at += taken;
      if (colour !== undefined) style = { ...style, [COLOURED[code]]: colour };
    } else if (code === 39 || code === 49 || code === 59) {
      const { [COLOURED[code]]: _, ...rest } = style;
      style = rest;
    }
  }
  return style;
}

const COLOURED = {
  38: "fg",
  39: "fg",
  48: "bg",
  49: "bg",
  58: "underline_colour",
  59: "underline_colour",
} as const;

const CHANGES: Record<number, Style> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  5: { blink: true },
  7: { inverse: true },
  8: { hidden: true },
  9: { strike: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  25: { blink: false },
  27: { inverse: false },
  28: { hidden: false },
  29: { strike: false },
  53: { overline: true },
  55: { overline: false },
};

const UNDERLINES: readonly Underline[] = [1, 2, 3, 4, 5];

/** 0 ends the underline; an unknown kind is a single one. */
function underlined(style: Style, kind: number): Style {
  const { underline: _, ...rest } = style;
  if (kind === 0) return rest;
  return { ...rest, underline: UNDERLINES[kind - 1] ?? 1 };
}

/**
 * The colour behind 38, 48 or 58, and the number of parameters behind it that it takes: `5;n` and `2;r;g;b`, or sub-parameters `5:n`,
 * `2:r:g:b` (which programs write) and `2:space:r:g:b` (the standard), or a mixture.
 */
function extendedColour(parameters: readonly Parameter[], start: number): { colour?: number; taken: number } {
  // As xterm reads them: 38, the kind, the colour space, and three values.
  const read: number[] = [0, 0, -1, 0, 0, 0];
  let space = 0;
  let taken = 0;
  for (;;) {
    const [value, ...subs] = parameters[start + taken] ?? [0];
    read[taken + space] = value;
    if (subs.length > 0) {
      for (let at = 0; at < subs.length && at + taken + 1 + space < 6; at++) {
        if (read[1] === 5) space = 1;
        read[taken + at + 1 + space] = subs[at] ?? -1;
      }
      break;
    }
    if ((read[1] === 5 && taken + space >= 2) || (read[1] === 2 && taken + space >= 5)) break;
    if (read[1] !== 0) space = 1;
    taken++;
    if (start + taken >= parameters.length || taken + space >= 6) break;
  }
  const [, kind, , first = 0, second = 0, third = 0] = read.map((value, at) =>
    at > 1 && value === -1 ? 0 : value,
  );
  if (kind === 5) return { colour: first & 0xff, taken };
  if (kind !== 2) return { taken };
  return { colour: TRUE_COLOUR + ((first & 0xff) << 16) + ((second & 0xff) << 8) + (third & 0xff), taken };
}

/** The numbers of a sequence, without sub-parameters. A missing one is 0. */
export function numbersOf(parameters: string): number[] {
  return parametersOf(parameters).map(([number]) => number);
}

/** The parameters of a sequence: `4:3;38;5;200`. A missing number is 0, a missing sub-parameter -1. */
function parametersOf(text: string): Parameter[] {
  return text.split(";").slice(0, PARAMETERS_MAX).map(parameterOf);
}

/** Further parameters are dropped. */
const PARAMETERS_MAX = 32;

function parameterOf(text: string): Parameter {
  if (!text.includes(":")) return [numberOf(text, 0)];
  const [value = "", ...subs] = text.split(":");
  return [numberOf(value, 0), ...subs.map((sub) => numberOf(sub, -1))];
}

const VALUE_MAX = 0x7fffffff;

function numberOf(digits: string, missing: number): number {
  return digits === "" ? missing : Math.min(Number(digits), VALUE_MAX);
}
