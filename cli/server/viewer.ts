import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readOptional } from "../base/optional-file.ts";
import { PAGE_FOLDER, PAGES, ROOT } from "../base/root.ts";
import { type Build, buildOnce, withBundler } from "./build-cache.ts";

const WEB = join(ROOT, "web");

/** What all pages are made from. */
const TEMPLATE = "page.html";

type PageFile = (typeof PAGES)[number];

/** The script of each page. */
const SCRIPTS: Record<PageFile, string> = {
  "page.html": "main.tsx",
  "list.html": "main-list.tsx",
  "run.html": "main-run.tsx",
};

/** The references in the template, the files that they stand for, and the elements that replace them. */
function partsOf(page: PageFile) {
  return [
    { file: "ahead.ts", tag: '<script src="ahead.ts"></script>', element: "script" },
    { file: "style.css", tag: '<link rel="stylesheet" href="style.css">', element: "style" },
    {
      file: SCRIPTS[page],
      tag: '<script type="module" src="main.tsx"></script>',
      element: "script",
      type: "module",
    },
  ];
}

/**
 * Builds the viewer's pages, each as one file with its scripts and styles: it loads with one request, and never mixes two versions.
 */
export async function buildViewer(): Promise<void> {
  mkdirSync(PAGE_FOLDER, { recursive: true });
  for (const name of readdirSync(PAGE_FOLDER)) {
    if (!PAGES.some((page) => page === name) && !name.endsWith(".part"))
      rmSync(join(PAGE_FOLDER, name), { force: true, recursive: true });
  }
  await Promise.all(PAGES.map(buildPage));
}

async function buildPage(name: PageFile): Promise<void> {
  const { text: page } = await buildOnce(`viewer-${name}`, () => bundlePage(name));
  const file = join(PAGE_FOLDER, name);
  if (readOptional(file) === page) return;
  // Renamed into place, because several servers may start at once.
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, page);
  renameSync(part, file);
}

/** Bundles a page. */
export async function bundlePage(page: PageFile): Promise<Build> {
  let text = readFileSync(join(WEB, TEMPLATE), "utf8");
  const references = partsOf(page);
  const parts = await Promise.all(references.map(({ file, type }) => bundle(file, type === "module")));
  for (const [at, { tag, element, type }] of references.entries()) {
    if (!text.includes(tag)) throw new Error(`web/${TEMPLATE} has no ${tag}`);
    const opening = type === undefined ? `<${element}>` : `<${element} type="${type}">`;
    text = text.replace(tag, () => `${opening}${parts[at]?.text}</${element}>`);
  }
  const own = [join(WEB, TEMPLATE), import.meta.filename].map((file) => relative(ROOT, file));
  return { text, inputs: [...own, ...parts.flatMap(({ inputs }) => inputs)] };
}

async function bundle(file: string, is_module: boolean): Promise<Build> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: [join(WEB, file)],
      absWorkingDir: ROOT,
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: is_module ? "esm" : "iife",
      target: ["es2022", "chrome123", "firefox120", "safari17.5"],
      jsx: "automatic",
      jsxImportSource: "preact",
      legalComments: "none",
      logLevel: "silent",
    }),
  );
  return { text: outputFiles[0]?.text.trim() ?? "", inputs: Object.keys(metafile.inputs) };
}

if (import.meta.main) await buildViewer();
