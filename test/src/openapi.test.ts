import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { openApi } from "../../src/openapi/document.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { routesOf } from "./support/routes.ts";

describe("the OpenAPI document", () => {
  it("describes exactly the routes", () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual(routesOf(app).filter(isPublic));
  });

  it("says of a result that it is an object", () => {
    const { components } = openApi("http://tailrace.test") as {
      components: { schemas: { UpdateExecution: unknown } };
    };
    expect(components.schemas.UpdateExecution).toMatchObject({ properties: { result: { type: "object" } } });
  });
});

/** The viewer's pages and files are for browsers, not for programs. */
function isPublic(route: string): boolean {
  return !/^GET \/ viewer/.test(route);
}
