import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ticket, Turnstile } from "../../src/auth/turnstile.ts";
import { sourceOf } from "../../src/http/address.ts";
import { asAdmin, askWith, basic, json, keyOf } from "./support/identity.ts";

const ask = askWith({ RBAC_ENABLED: true });
const PASSWORD = "correct horse battery";

async function makeUser(name: string): Promise<void> {
  const body = { name, password: PASSWORD };
  await json(await ask("/api/v1/users", { method: "POST", headers: asAdmin, body }), 201);
}

/** One attempt to sign in, from an address. */
async function tryIn(name: string, password: string, from: string, headers: Record<string, string> = {}) {
  const sent = { ...basic(name, password), "cf-connecting-ip": from, ...headers };
  return ask("/auth/v1/tokens", { method: "POST", headers: sent, body: {} });
}

/** Guesses until the name has to wait, from an address. */
async function exhaust(name: string, from: string): Promise<void> {
  const guesses = Array.from({ length: 12 }, () => tryIn(name, "guess", from));
  const statuses = await Promise.all(guesses.map(async (guess) => (await guess).status));
  expect(statuses).toContain(429);
  expect(statuses).not.toContain(201);
  await refused(name, from);
}

/** Expects that guesses are refused unchecked, with the time to wait. Tries that have become free are used up first. */
async function refused(name: string, from: string, headers: Record<string, string> = {}): Promise<void> {
  await expect
    .poll(async () => {
      const guessed = await tryIn(name, "guess", from, headers);
      return guessed.status === 429 && Number(guessed.headers.get("retry-after")) > 0;
    })
    .toBe(true);
}

describe("guesses at a name", () => {
  it("delay the guesser's address only: neither the user at another address nor another name", async () => {
    for (const name of ["ann", "ben"]) await makeUser(name);
    await exhaust("ann", "192.0.2.7");
    expect((await tryIn("ann", PASSWORD, "192.0.2.8")).status).toBe(201);
    expect((await tryIn("ben", PASSWORD, "192.0.2.7")).status).toBe(201);
  });

  it("do not delay a device with an earlier token of the user, in a header or a cookie, expired or not", async () => {
    for (const name of ["cid", "dan"]) await makeUser(name);
    const from = "192.0.2.17";
    const { token } = await json<{ token: string }>(await tryIn("cid", PASSWORD, from), 201);
    const { token: of_dan } = await json<{ token: string }>(await tryIn("dan", PASSWORD, from), 201);
    await exhaust("cid", from);
    for (const other of [of_dan, "trt_unknown"]) await refused("cid", from, { "x-auth-token": other });
    expect((await tryIn("cid", PASSWORD, from, { "x-auth-token": token })).status).toBe(201);
    expect((await tryIn("cid", PASSWORD, from, { cookie: `auth-token=${token}` })).status).toBe(201);
    const expired = env.INDEX.prepare("UPDATE tokens SET expires_ms = ? WHERE user = 'cid'");
    await expired.bind(Date.now() - 2 * 24 * 3_600_000).run();
    await refused("cid", from);
    expect((await tryIn("cid", PASSWORD, from, { "x-auth-token": token })).status).toBe(201);
  });

  it("count for the first 64 bits of an IPv6 address, and the right password ends them", async () => {
    await makeUser("eve");
    for (let times = 0; times < 12; times++)
      expect((await tryIn("eve", PASSWORD, `2001:db8:1:2::${times}`)).status).toBe(201);
    await exhaust("eve", "2001:db8:1:2::ff");
    await refused("eve", "2001:DB8:1:2:3:4:5:6");
    expect((await tryIn("eve", PASSWORD, "2001:db8:1:3::1")).status).toBe(201);
  });

  it("are limited too for the present password in a change of password", async () => {
    await makeUser("fay");
    const { headers } = await keyOf(ask, "fay");
    const guess = () =>
      ask("/api/v1/users/fay", {
        method: "PUT",
        headers,
        body: { password: "a new password", current_password: "guess" },
      });
    const statuses = await Promise.all(Array.from({ length: 14 }, async () => (await guess()).status));
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 403).length).toBeLessThanOrEqual(10);
    expect((await tryIn("fay", PASSWORD, "192.0.2.20")).status).toBe(201);
  });
});

describe("a flood of attempts", () => {
  it("from one address, at unknown names, delays no other user there or elsewhere", async () => {
    for (const name of ["gus", "hal"]) await makeUser(name);
    const from = "192.0.2.30";
    const flood = Array.from({ length: 60 }, (_, at) => tryIn(`made-up-${at}`, "guess", from));
    expect((await tryIn("gus", PASSWORD, from)).status).toBe(201);
    expect((await tryIn("hal", PASSWORD, "192.0.2.31")).status).toBe(201);
    const key = await ask("/api/v1/user", { headers: asAdmin });
    expect(key.status).toBe(200);
    const statuses = await Promise.all(flood.map(async (tried) => (await tried).status));
    expect(statuses.filter((status) => status !== 401 && status !== 429)).toEqual([]);
  });

  it("from many addresses at one name does not delay its user at other addresses", async () => {
    await makeUser("ida");
    const { token } = await json<{ token: string }>(await tryIn("ida", PASSWORD, "198.51.100.1"), 201);
    const flood = Array.from({ length: 8 }, (_, at) => tryIn("ida", "guess", `203.0.113.${at}`));
    const own = await tryIn("ida", PASSWORD, "198.51.100.1", { "x-auth-token": token });
    expect(own.status).toBe(201);
    expect((await tryIn("ida", PASSWORD, "198.51.100.2")).status).toBe(201);
    await Promise.all(flood);
  });
});

describe("the turnstile", () => {
  const place = fc.record({
    source: fc.constantFrom("flood", "a", "b"),
    lane: fc.constantFrom("", "ann", "bob"),
    is_known: fc.boolean(),
  });

  it("lets each request pass once, known devices first, in any order of arrival", () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 100 }), (places) => {
        const turnstile = new Turnstile();
        let now_ms = 0;
        const tickets = places.flatMap((of) => turnstile.enter(of, now_ms) ?? []);
        const passed: Ticket[] = [];
        for (; passed.length < tickets.length; now_ms += 50) {
          for (const ticket of tickets.filter((ticket) => !passed.includes(ticket)))
            if (turnstile.ask(ticket, now_ms) === "go") passed.push(ticket);
          if (now_ms > 60_000) throw new Error("a sign-in waits for ever");
        }
        const firsts = passed.filter(({ is_known }) => is_known).length;
        expect(passed.slice(0, firsts).every(({ is_known }) => is_known)).toBe(true);
        // Twenty pass at once, then two a second, and each may have to ask once more.
        const paced_ms = Math.max(0, tickets.length - 20) * 500;
        expect(now_ms).toBeLessThanOrEqual(paced_ms + tickets.length * 50 + 100);
      }),
    );
  });

  it("serves sources in turn, and takes places from the source with the most for others", () => {
    const turnstile = new Turnstile();
    const enter = (source: string, lane: string, now_ms = 0) =>
      turnstile.enter({ source, lane, is_known: false }, now_ms);
    const flood = Array.from({ length: 300 }, (_, at) => enter("flood", `name-${at}`)).flatMap(
      (ticket) => ticket ?? [],
    );
    expect(flood).toHaveLength(256);
    const honest = enter("home", "ann");
    if (!honest) throw new Error("there is no place");
    expect(enter("flood", "one-more")).toBeUndefined();
    expect(turnstile.ask(flood.at(-1) as Ticket, 0)).toBe("gone");
    expect(turnstile.ask(flood[0] as Ticket, 0)).toBe("go");
    expect(turnstile.ask(flood[1] as Ticket, 0)).toBe("wait");
    expect(turnstile.ask(honest, 0)).toBe("go");
  });

  it("skips a request that is gone", () => {
    const turnstile = new Turnstile();
    const of = { lane: "ann", is_known: false };
    turnstile.enter({ ...of, source: "gone" }, 0);
    const other = turnstile.enter({ ...of, source: "here" }, 0) as Ticket;
    let asked = 0;
    for (; turnstile.ask(other, asked * 25) === "wait"; asked++);
    expect(asked).toBe(40);
  });

  it("lets all requests pass that a password check has delayed", () => {
    const turnstile = new Turnstile();
    const enter = (source: string) => turnstile.enter({ source, lane: "ann", is_known: false }, 0) as Ticket;
    const tickets = ["a", "b", "c"].map(enter);
    expect(tickets.map((ticket) => turnstile.ask(ticket, 4_000))).toEqual(["go", "go", "go"]);
  });

  it("gives the place of a request that is gone to a new one", () => {
    const turnstile = new Turnstile();
    const of = { source: "home", lane: "ann", is_known: false };
    for (let times = 0; times < 4; times++) expect(turnstile.enter(of, 0)).toBeDefined();
    expect(turnstile.enter(of, 5_000)).toBeUndefined();
    expect(turnstile.enter(of, 5_001)).toBeDefined();
  });
});

describe("a source", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::"],
    ["2001:db8::1", "2001:db8:0:0::"],
    ["::1", "0:0:0:0::"],
    ["", ""],
  ])("of %j is %j", (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});
