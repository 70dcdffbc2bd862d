import { join, resolve } from "node:path";

/**
 * The checkout, or the folder of the installed package, which has the same layout. In the server that a checkout bundles, a line
 * before the bundle says where this folder is.
 */
export const ROOT = resolve(import.meta.dirname, "../..");

/** The folder of the built page, as in `[assets]` of wrangler.toml. */
export const PAGE_FOLDER = join(ROOT, "web/dist");
