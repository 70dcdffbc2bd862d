import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";

const WEB = resolve(import.meta.dirname, "../../web");

/** Where the built page is: what `[assets]` of wrangler.toml serves. */
export const VIEWER_FOLDER = join(WEB, "dist");

/** A file of the built page: its path in the folder, and what is in it. */
interface BuiltFile {
  path: string;
  contents: string;
}

const BUILD = {
  bundle: true,
  minify: true,
  write: false,
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "silent",
} satisfies BuildOptions;

/**
 * Builds the page that people watch output on. Files are named by what is in them, so browsers keep them for ever; each is
 * put in its place whole, as several servers may start at once. The script that asks ahead stands in the page itself: it
 * would come as late as the rest otherwise.
 */
export async function buildViewer(): Promise<void> {
  const [{ outputFiles }, ahead] = await Promise.all([
    build({
      ...BUILD,
      entryPoints: { app: join(WEB, "main.tsx"), style: join(WEB, "style.css") },
      outdir: VIEWER_FOLDER,
      format: "esm",
    }),
    build({ ...BUILD, entryPoints: [join(WEB, "ahead.ts")], format: "iife" }),
  ]);
  const [{ text: inline = "" } = {}] = ahead.outputFiles;
  let page = readFileSync(join(WEB, "page.html"), "utf8").replace(
    '<script src="/assets/ahead.js"></script>',
    () => `<script>${inline.trim()}</script>`,
  );
  const files: BuiltFile[] = outputFiles.map(({ path, text }) => {
    const [, name = "", extension = ""] = /(\w+)\.(\w+)$/.exec(path) ?? [];
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
    const hashed = `assets/${name}-${hash}.${extension}`;
    page = page.replace(`/assets/${name}.${extension}`, `/${hashed}`);
    return { path: hashed, contents: text };
  });
  files.push({ path: "page.html", contents: page });
  files.push({
    path: "_headers",
    contents:
      "/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n  X-Content-Type-Options: nosniff\n",
  });
  mkdirSync(join(VIEWER_FOLDER, "assets"), { recursive: true });
  for (const file of files) put(file);
  const built = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(join(VIEWER_FOLDER, "assets"))) {
    if (!built.has(`assets/${name}`) && !name.endsWith(".part"))
      rmSync(join(VIEWER_FOLDER, "assets", name), { force: true });
  }
}

function put({ path, contents }: BuiltFile): void {
  const place = join(VIEWER_FOLDER, path);
  const part = `${place}.${process.pid}.part`;
  writeFileSync(part, contents);
  renameSync(part, place);
}

if (import.meta.main) await buildViewer();
