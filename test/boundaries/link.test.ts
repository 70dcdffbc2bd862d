import { expect, it } from "vitest";
import type { Link } from "../../protocol/model/identity.ts";
import { keyOf, userWith } from "../src/support/identity.ts";
import { run } from "../src/support/world.ts";
import { ask, client } from "./world.ts";

it("a link opens its execution and the event stream, and no other path with the same beginning or end", async () => {
  const { id } = await run(client);
  const maker = await userWith(ask, [], "admin");
  const put = { method: "PUT", headers: maker.headers, body: { value: "my own", scope: "user" } };
  for (const name of ["stream", id]) expect((await ask(`/api/v1/keys/${name}`, put)).status).toBe(200);
  const made = await ask(`/api/v1/executions/${id}/links`, {
    method: "POST",
    headers: maker.headers,
    body: {},
  });
  const link = new URL((await made.json<Link>()).url).searchParams.get("link");
  const own = await keyOf(ask, maker.user);
  const status = async (path: string) => {
    const answer = await ask(`${path}${path.includes("?") ? "&" : "?"}link=${link}`);
    await answer.body?.cancel();
    return answer.status;
  };
  const names = ["stream", `executions%2F${id}`, own.id];
  const closed = ["actions", "agents", "apikeys", "packs", "runnertypes", "users", "rbac/roles", "pools"]
    .flatMap((kind) => names.map((name) => `/api/v1/${kind}/${name}`))
    .concat(names.map((name) => `/api/v1/keys/${name}?scope=user&decrypt=true`))
    .concat("/api/v1/user", "/api/v1/keys?scope=user", "/api/v1/executions/views/filters");
  expect(await Promise.all(closed.map(async (path) => [path, await status(path)]))).toEqual(
    closed.map((path) => [path, expect.toBeOneOf([403, 404])]),
  );
  for (const path of [`/api/v1/executions/${id}`, "/stream/v1/stream", `/stream/v1/executions/${id}/output`])
    expect([path, await status(path)]).toEqual([path, 200]);
});
