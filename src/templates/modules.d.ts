/** The template engine as `npm run build` generates it: its module with bounds, and its glue as a function. */
declare module "*/engine.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*/glue.js" {
  export function makeGlue(): import("../../protocol/templates/instance.ts").Glue;
}
