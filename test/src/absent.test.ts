import { describe, expect, it } from "vitest";
import document from "../../docs/compatibility.md?raw";
import { api } from "./support/api.ts";

const rows = document
  .split("\n")
  .filter((line) => /^\| `[A-Z]+ \/.*\| absent \|/.test(line))
  .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+) ([^`]+)`/g)]);
const endpoints = rows.map(([, method = "", path = ""]) => ({ method, path }));

describe("an endpoint that docs/compatibility.md calls absent", () => {
  it.each(endpoints)("$method $path is answered as the page says", async ({ method, path }) => {
    const { status, headers, body } = await api(method, path.replaceAll(/\{\w+\}/g, "nothing"));
    const allowed = headers.get("allow")?.split(", ") ?? [];
    expect({ status, code: body.code }).toEqual(
      allowed.length > 0 ? { status: 405, code: "method_not_allowed" } : { status: 404, code: "not_found" },
    );
    expect(allowed).not.toContain(method);
  });
});
