import { EngineInstance, EngineSource } from "../../protocol/templates/instance.ts";
import module from "./generated/engine.wasm";
import { makeGlue } from "./generated/glue.js";

/**
 * The template engine of this isolate. Each instance has its own glue, so that the memory of an instance that has trapped
 * is freed with it.
 */
export const ENGINE = new EngineSource(() => new EngineInstance(module, makeGlue()));
