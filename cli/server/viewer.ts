import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const WEB = resolve(import.meta.dirname, "../../web");

/** The folder of the built page, as in `[assets]` of wrangler.toml. */
export const VIEWER_FOLDER = join(WEB, "dist");

const PAGE = "page.html";

/** The files that the page names, and the elements that they become. */
const PARTS = [
  { file: "ahead.ts", tag: '<script src="ahead.ts"></script>', element: "script" },
  { file: "style.css", tag: '<link rel="stylesheet" href="style.css">', element: "style" },
  {
    file: "main.tsx",
    tag: '<script type="module" src="main.tsx"></script>',
    element: "script",
    type: "module",
  },
];

/**
 * Builds the page that people watch output on: one file with all that it needs, so that it is there as soon as it is, and
 * never in parts of two versions.
 */
export async function buildViewer(): Promise<void> {
  let page = readFileSync(join(WEB, PAGE), "utf8");
  const texts = await Promise.all(PARTS.map(({ file, type }) => bundle(file, type === "module")));
  for (const [at, { tag, element, type }] of PARTS.entries()) {
    if (!page.includes(tag)) throw new Error(`web/${PAGE} has no ${tag}`);
    const opening = type === undefined ? `<${element}>` : `<${element} type="${type}">`;
    page = page.replace(tag, () => `${opening}${texts[at]}</${element}>`);
  }
  mkdirSync(VIEWER_FOLDER, { recursive: true });
  for (const name of readdirSync(VIEWER_FOLDER)) {
    if (name !== PAGE && !name.endsWith(".part"))
      rmSync(join(VIEWER_FOLDER, name), { force: true, recursive: true });
  }
  // Put in its place whole, as several servers may start at once.
  const part = join(VIEWER_FOLDER, `${PAGE}.${process.pid}.part`);
  writeFileSync(part, page);
  renameSync(part, join(VIEWER_FOLDER, PAGE));
}

async function bundle(file: string, is_module: boolean): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(WEB, file)],
    bundle: true,
    minify: true,
    write: false,
    format: is_module ? "esm" : "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]?.text.trim() ?? "";
}

if (import.meta.main) await buildViewer();
