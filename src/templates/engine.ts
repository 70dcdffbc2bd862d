import { EngineInstance, EngineSource } from "../../protocol/templates/instance.ts";
import module from "./generated/engine.wasm";
import { makeGlue } from "./generated/glue.js";

/**
 * The template engine of this isolate. Each instance has glue of its own, so that what one that trapped still held goes with
 * it.
 */
export const ENGINE = new EngineSource(() => new EngineInstance(module, makeGlue()));
