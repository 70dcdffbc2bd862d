import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./world.ts";

const folder = scratch();

/** A program that writes numbered lines at a steady pace, and the last number also into a file once it is written. */
export function lineWriter(
  name: string,
  { lines, every_ms }: { lines: number; every_ms: number },
): { cmd: string; written: string } {
  const script = join(folder, `${name}.mjs`);
  const written = join(folder, `${name}.written`);
  writeFileSync(written, "0");
  writeFileSync(
    script,
    `import { writeFileSync, writeSync } from "node:fs";
     process.on("SIGTERM", () => {});
     for (let line = 1; line <= ${lines}; line++) {
       writeSync(1, \`line \${line}\\n\`);
       writeFileSync(${JSON.stringify(written)}, String(line));
       await new Promise((go) => setTimeout(go, ${every_ms}));
     }`,
  );
  return { cmd: `exec ${process.execPath} ${script}`, written };
}

/** What `lineWriter` writes in all. */
export function linesText(lines: number): string {
  return Array.from({ length: lines }, (_, at) => `line ${at + 1}\n`).join("");
}
