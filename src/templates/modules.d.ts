declare module "minijinja-js/dist/bundler/minijinja_js_bg.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "minijinja-js/dist/bundler/minijinja_js_bg.js" {
  import type { Environment as BaseEnvironment } from "minijinja-js";

  /** The engine's functions as the WebAssembly module imports them. */
  export const Environment: {
    new (): BaseEnvironment;
    /** Forgets where the environment lies, and that it is to be freed. */
    prototype: { __destroy_into_raw: (this: BaseEnvironment) => number };
  };
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
