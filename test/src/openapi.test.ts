import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { routesOf } from "./support/routes.ts";

describe("the OpenAPI document", () => {
  it("describes exactly the routes", () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual(routesOf(app).filter(isPublic));
  });
});

/** The viewer's pages and files are for browsers, not for programs. */
function isPublic(route: string): boolean {
  return !/^GET \/ viewer/.test(route);
}
