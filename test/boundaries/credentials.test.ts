import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { routesOf } from "../src/support/routes.ts";
import { chunks } from "../src/support/world.ts";
import { type Credential, type Credentials, makeCredentials } from "./credentials.ts";
import { ROWS } from "./endpoints.ts";
import type { Ground, Request, Row } from "./rows/row.ts";
import { settled, stateOf } from "./state.ts";
import { ask, begun, client, IS_LONG, makeWorld, textOf } from "./world.ts";

let ground: Ground;
let credentials: Credentials;
const count = { tried: 0, refused: 0, let_in: 0, beyond: 0 };

beforeAll(async () => {
  const world = await makeWorld();
  const work = await begun(world.holder);
  await client.append(work.id, work.token, chunks(1, `${textOf(world.own)}\n`));
  ground = { world, work };
  credentials = await makeCredentials(world, work);
});

afterAll(() => {
  ground.world.close();
  const { tried, refused, let_in, beyond } = count;
  console.log(
    `boundaries: ${tried} requests tried, ${refused} refused, ${let_in} let in as the table says, ${beyond} beyond it`,
  );
});

describe("the table of endpoints", () => {
  it("has every route of the Worker and of its description", () => {
    const rows = [...new Set(ROWS.map(({ route }) => route))].sort();
    expect(rows).toEqual(routesOf(app).filter((route) => route !== "GET / viewer"));
    expect(rows).toEqual(Object.keys(OPERATIONS).sort());
  });
});

describe("an endpoint opens to its credentials, and to no other; a refused request changes nothing:", () => {
  it.each(ROWS.map((row, at) => ({ name: nameOf(row), row, at })))("$name", async ({ row, at }) => {
    const request = await row.request(ground);
    const { own, other, third } = ground.world;
    const id = /executions\/(\w{24})/.exec(request.path)?.[1] ?? ground.work.id;
    const stored = { pools: [own, other, third], executions: [...new Set([id, ground.work.id])] };
    const before = await settled(() => stateOf(stored));
    for (const [name, credential] of chosen(at)) {
      if (opensTo(row, name)) continue;
      const answer = await send(row, request, credential);
      count.tried++;
      const body = await bodyOf(answer);
      const refusals = row.not_offered?.some((one) => one === name) ? [400] : REFUSALS;
      const is_refused = refusals.includes(answer.status);
      if (is_refused) count.refused++;
      else count.beyond++;
      const error = {
        code: expect.any(String),
        faultstring: expect.any(String),
        request_id: expect.any(String),
      };
      expect([name, answer.status, body]).toEqual([name, expect.toBeOneOf(refusals), error]);
    }
    expect(await stateOf(stored)).toBe(before);
    await expectOpen(row, request, at);
  });
});

/** Tries all credentials that may read, or a third of them. A change is made once. */
async function expectOpen(row: Row, request: Request, at: number): Promise<void> {
  const good = await row.good?.(ground);
  if (good) return expectWell(row, good, "the one who may", good.by);
  const reads = row.route.startsWith("GET");
  const open = Object.entries(credentials).filter(([name]) => opensTo(row, name));
  const asking = reads ? open.filter((_, place) => IS_LONG || place % 3 === at % 3) : open.slice(0, 1);
  for (const [name, credential] of asking) await expectWell(row, request, name, credential);
}

async function expectWell(row: Row, request: Request, name: string, credential: Credential): Promise<void> {
  const answer = await send(row, request, credential);
  count.tried++;
  count.let_in++;
  const text = await readText(row, answer);
  expect([name, answer.status, answer.status < 400 ? "" : text]).toEqual([
    name,
    expect.toSatisfy((status) => status < 300),
    "",
  ]);
  if (ONLY_OTHERS.includes(name)) expect(text).not.toContain(textOf(ground.world.own));
}

const REFUSALS = [401, 403, 404];

/** Users whose lists have no entry of the pool under test. */
const ONLY_OTHERS = [
  "a user without grants",
  "a user of another pack",
  "a user of another pool",
  "a user of another action",
];

/** All credentials, or a tenth of them: another tenth for each row. */
function chosen(at: number): [string, Credential][] {
  return Object.entries(credentials).filter((_, place) => IS_LONG || place % 10 === at % 10);
}

function opensTo({ opens }: Row, name: string): boolean {
  return opens === "all" || opens.some((one) => one === name);
}

function send({ route }: Row, { path, body, headers }: Request, credential: Credential): Promise<Response> {
  const [method = ""] = route.split(" ");
  const address =
    credential.query === undefined ? path : `${path}${path.includes("?") ? "&" : "?"}${credential.query}`;
  return ask(address, {
    method,
    headers: { ...headers, ...credential.headers },
    ...(body === undefined ? {} : { body }),
  });
}

async function bodyOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The text of an answer, unless it has no end. */
async function readText({ route }: Row, answer: Response): Promise<string> {
  if (answer.webSocket) {
    answer.webSocket.accept();
    answer.webSocket.close(1000, "seen");
    return "";
  }
  if (route !== "GET /stream/v1/stream") return new TextDecoder().decode(await answer.arrayBuffer());
  await answer.body?.cancel();
  return "";
}

function nameOf({ route, what }: Row): string {
  return what === undefined ? route : `${route} ${what}`;
}
