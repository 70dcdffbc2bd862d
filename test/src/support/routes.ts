import type { app as App } from "../../../src/app.ts";

/** The Worker's routes with a handler, as the OpenAPI document writes them, sorted. */
export function routesOf(app: typeof App): string[] {
  const routes = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  return [...new Set(routes)].sort();
}
