import { join, resolve } from "node:path";

/** The checkout. In the bundled server, a line before the bundle says where this folder is. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** The folder of the built page, as in `[assets]` of wrangler.toml. */
export const PAGE_FOLDER = join(ROOT, "web/dist");
