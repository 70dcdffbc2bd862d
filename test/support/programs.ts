import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./world.ts";

const folder = scratch();

/** A program that writes numbered lines: how to run it, where it notes the last one that is written, how to stop it. */
export interface LineWriter {
  cmd: string;
  written: string;
  stop: () => void;
}

/** Writes lines at a steady pace, up to a number or until it is stopped. It ignores TERM. */
export function lineWriter(
  name: string,
  { lines, every_ms }: { lines: number; every_ms: number },
): LineWriter {
  const script = join(folder, `${name}.mjs`);
  const written = join(folder, `${name}.written`);
  const stopped = join(folder, `${name}.stopped`);
  writeFileSync(written, "0");
  writeFileSync(
    script,
    `import { existsSync, writeFileSync, writeSync } from "node:fs";
     process.on("SIGTERM", () => {});
     for (let line = 1; line <= ${lines} && !existsSync(${JSON.stringify(stopped)}); line++) {
       writeSync(1, \`line \${line}\\n\`);
       writeFileSync(${JSON.stringify(written)}, String(line));
       await new Promise((go) => setTimeout(go, ${every_ms}));
     }`,
  );
  return { cmd: `exec ${process.execPath} ${script}`, written, stop: () => writeFileSync(stopped, "") };
}

/** The whole output of `lineWriter`. */
export function linesText(lines: number): string {
  return Array.from({ length: lines }, (_, at) => `line ${at + 1}\n`).join("");
}
