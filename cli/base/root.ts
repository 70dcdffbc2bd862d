import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The checkout, or the folder of the installed package, which has the same layout. In the server that a checkout bundles, a line
 * before the bundle says where this folder is.
 */
export const ROOT = resolve(import.meta.dirname, "../..");

/** The folder of programs that a release has built. A checkout has none, and builds them itself. */
export const BUILT_FOLDER = join(ROOT, "built");

/** Whether this is an installed package. */
export const IS_INSTALLED = existsSync(BUILT_FOLDER);

/** How a user calls this program. */
export const COMMAND = IS_INSTALLED ? "tailrace" : "npx tailrace";

/** The files of the viewer's pages: an output, the list of executions, and the forms that run actions. */
export const PAGES = ["page.html", "list.html", "run.html"] as const;

/** The folder of the built pages, as in `[assets]` of wrangler.toml. */
export const PAGE_FOLDER = join(ROOT, "web/dist");
