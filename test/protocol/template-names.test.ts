import { describe, expect, it } from "vitest";
import { namesWantedIn, unreadTemplate, unreadWarning } from "../../protocol/model/template-names.ts";

const isVariable = (name: string) => ["city", "days"].includes(name);

describe("the variables that a value's templates expect", () => {
  it.each([
    ["{{ city }} {% if days %}{{ other | upper }}{% endif %}", ["city", "days", "other"]],
    [{ a: ["{{ city }}", { b: "{{ days + 1 }}" }] }, ["city", "days"]],
    ["{% for d in days %}{{ d }}{{ loop.index }}{% endfor %}{{ range(3) }}", ["days"]],
    [`{{ city }} \${#names[@]}`, []],
    ["docker ps --format '{{.Names}}'", []],
    ["no template", []],
  ])("%j", (value, names) => {
    expect([...namesWantedIn(value)]).toEqual(names);
  });
});

describe("a text that reads a variable, but is no template", () => {
  it.each([
    [`echo {{ city }} \${#names[@]}`, "city", "Missing end of comment tag"],
    ["{{ city | upper }} {% nothing %}", "city", "Encountered unknown tag 'nothing'."],
    [
      "{{ other }} {{ days.x }} {{ city",
      "days",
      "unexpected end of template, expected 'end of print statement'.",
    ],
  ])("is found: %s", (text, variable, reason) => {
    expect(unreadTemplate({ cmd: ["x", text] }, isVariable)).toEqual({ variable, reason });
  });

  it.each([
    "{{ city }} {# a comment #}",
    "docker ps --format '{{.Names}}' {{",
    "{{ other }} {#",
    "{{ city }}",
    5,
    null,
  ])("is not %j", (text) => {
    expect(unreadTemplate(text, isVariable)).toBeUndefined();
  });

  it("is told in one line, with what helps", () => {
    const unread = { variable: "city", reason: "Encountered unknown tag 'nothing'." };
    expect(unreadWarning('the parameter "cmd"', unread)).toBe(
      `Not rendered: the parameter "cmd" reads {{ city }}, but is no template: Encountered unknown tag 'nothing'. Put what is not Jinja between {% raw %} and {% endraw %}.`,
    );
  });
});
