import { afterAll } from "vitest";
import { removeScratched } from "../support/scratch.ts";

// A setup's hook runs after those of the file: its servers and agents have ended.
afterAll(removeScratched);
