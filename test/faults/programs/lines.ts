import { isStructure } from "../../../protocol/base/numbers.ts";
import { MASK } from "../../../protocol/model/mask.ts";

/** The bytes of the padding of a program's lines. */
export const PADDINGS = {
  ascii: Buffer.from("x"),
  utf8: Buffer.from("é"),
  binary: Buffer.from([0xff, 0xfe]),
};
export type Padding = keyof typeof PADDINGS;

export type StreamName = "stdout" | "stderr";

/** The output that a program of the pack writes. With its execution's id, it determines every byte. */
export interface Script {
  lines: number;
  /** The longest padding of a line, in units of the padding. */
  width: number;
  salt: number;
  padding: Padding;
  /** Whether lines show the secret, which readers see as a mask. */
  shows_secret: boolean;
  exit: number;
}

/** The script in an execution's parameters; undefined if it is no program of the pack. */
export function scriptIn(parameters: Record<string, unknown>): Script | undefined {
  if (!isStructure(parameters)) return undefined;
  const { lines, width, salt, padding, shows_secret, exit } = parameters;
  if (lines === undefined || typeof padding !== "string" || !(padding in PADDINGS)) return undefined;
  return {
    lines: Number(lines),
    width: Number(width),
    salt: Number(salt),
    padding: padding as Padding,
    shows_secret: shows_secret === true,
    exit: Number(exit ?? 0),
  };
}

/** Every third line goes to stderr. */
export function streamOf(line: number): StreamName {
  return line % 3 === 0 ? "stderr" : "stdout";
}

/** One line as readers see it: the execution, the number, and a checksum. */
export function lineOf(id: string, script: Script, line: number): Buffer {
  const { width, salt, padding, shows_secret } = script;
  const units = (line * 37 + salt) % (width + 1);
  const sum = (line * 7919 + units * 31 + salt) % 65_521;
  const unit = PADDINGS[padding];
  const secret = shows_secret && line % 4 === 1 ? ` ${MASK}` : "";
  return Buffer.concat([
    Buffer.from(`${id} ${line} `),
    Buffer.alloc(units * unit.length, unit),
    Buffer.from(`${secret} ${sum}\n`),
  ]);
}

/** A program's bytes on one stream up to a line's number. */
export function streamText(id: string, script: Script, stream: StreamName, lines: number): Buffer {
  const parts: Buffer[] = [];
  for (let line = 1; line <= lines; line++)
    if (streamOf(line) === stream) parts.push(lineOf(id, script, line));
  return Buffer.concat(parts);
}
