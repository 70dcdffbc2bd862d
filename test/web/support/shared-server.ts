import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Server } from "../../../cli/server/running.ts";
import { startServer } from "../../../cli/server/server.ts";
import { clientOf, scratch } from "../../support/world.ts";
import { launchBrowser } from "./browser.ts";
import { Producers } from "./producer.ts";

/** Shared by the tests of a file: a server whose outputs the tests write, and a browser. */
export let server: Server;
export let producers: Producers;
export let browser: Browser;

beforeAll(async () => {
  server = await startServer({ port: 0, state: scratch() });
  producers = await Producers.connect(clientOf(server.url, server.apiKey));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  producers?.close();
  await server?.stop();
});
