import * as v from "valibot";
import { LABEL_CHARS_MAX, LABELS_MAX } from "../base/limits.ts";

const labelName = v.pipe(
  v.string(),
  v.regex(/^[\w./-]+$/, "a label has letters, digits and . _ / -"),
  v.maxLength(LABEL_CHARS_MAX),
);
const labelValue = v.pipe(
  v.string(),
  v.regex(/^[\w.:/@+-]*$/, "a label's value has letters, digits and . _ : / @ + -"),
  v.maxLength(LABEL_CHARS_MAX),
);

/** Properties of an agent's host (`gpu=a100`). An agent announces its labels, and an execution may require some. */
export const Labels = v.pipe(
  v.record(labelName, labelValue),
  v.check((labels) => Object.keys(labels).length <= LABELS_MAX, `there are at most ${LABELS_MAX} labels`),
);
export type Labels = v.InferOutput<typeof Labels>;

/** Labels as text: `gpu=a100, zone=eu`. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** Labels from texts like `gpu=a100`. Throws for any other text. */
export function readLabels(texts: readonly string[]): Labels {
  const pairs = texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new Error(`a label is NAME=VALUE, not ${text}.`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const labels = v.safeParse(Labels, Object.fromEntries(pairs));
  if (!labels.success) throw new Error(labels.issues[0].message);
  return labels.output;
}
