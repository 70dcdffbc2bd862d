/** The template engine's glue, which its types leave out. */
declare module "minijinja-js/dist/bundler/minijinja_js_bg.js" {
  export const Environment: import("../../protocol/templates/instance.ts").Glue["Environment"];
  export const __wbg_set_wasm: import("../../protocol/templates/instance.ts").Glue["__wbg_set_wasm"];
}
