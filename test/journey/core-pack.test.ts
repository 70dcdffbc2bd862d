// @module-tag coreutils
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { write } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let site: Site;

interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

interface Site {
  url: string;
  host: string;
  /** The requests that it got, in order. */
  asked: Asked[];
}

beforeAll(async () => {
  world = await startWorld();
  site = await startSite(answer);
});
afterAll(() => world.stop());

/** A web server of the test, on loopback. */
async function startSite(respond: (request: Asked, response: ServerResponse) => void): Promise<Site> {
  const asked: Asked[] = [];
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { method = "", url = "", headers } = request;
    const one = { method, url, headers, body: Buffer.concat(parts).toString() };
    asked.push(one);
    respond(one, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, asked };
}

/** The site's answers, by path. */
function answer({ url, method }: Asked, response: ServerResponse): void {
  const { pathname } = new URL(url, "http://site");
  const json = { "Content-Type": "application/json; charset=utf-8" };
  switch (pathname) {
    case "/json":
      response
        .writeHead(200, { ...json, "X-Twice": ["one", "two"] })
        .end('{"ok": true, "n": 9007199254740993}');
      return;
    case "/broken":
      response.writeHead(200, json).end("{");
      return;
    case "/latin":
      response.writeHead(200, { "Content-Type": "text/plain; charset=iso-8859-1" });
      response.end(Buffer.from("größe", "latin1"));
      return;
    case "/gzip":
      response.writeHead(201, { "Content-Encoding": "gzip" }).end(gzipSync("squeezed"));
      return;
    case "/empty":
      response.writeHead(204, { "Content-Encoding": "gzip" }).end();
      return;
    case "/away":
      response.writeHead(302, { Location: "/json" }).end("moved");
      return;
    case "/abroad":
      response.writeHead(307, { Location: `http://localhost:${site.host.split(":")[1]}/json` }).end();
      return;
    case "/circle":
      response.writeHead(302, { Location: "/circle" }).end();
      return;
    case "/slow":
      response.writeHead(200).write("first line\n");
      return;
    case "/cut":
      response.writeHead(200, { "Content-Length": "100" }).write("half", () => response.destroy());
      return;
    case "/long":
      response.writeHead(200).end("x".repeat(5 * 1024 * 1024));
      return;
    case "/fails":
      response.writeHead(503, { "Content-Type": "text/plain" }).end("later");
      return;
    default:
      response
        .writeHead(200, { "Content-Type": "text/plain" })
        .end(method === "HEAD" ? undefined : "hello\n");
  }
}

async function run(action: string, parameters: Record<string, unknown>) {
  const { id } = await world.client.create({ action, parameters });
  return outcome(id);
}

async function outcome(id: string) {
  await receive(world.client, id);
  const { status, result = {} } = await world.client.get(id);
  return { status, result, text: await (await world.client.output(id)).text() };
}

const get = (path: string, more: Record<string, unknown> = {}) =>
  run("core.http", { url: `${site.url}${path}`, ...more });

/** The request that a call sent to the site. */
async function asks(parameters: Record<string, unknown>): Promise<Asked> {
  const { status, result } = await get("/plain", parameters);
  expect({ status, result }).toMatchObject({ status: "succeeded", result: { status_code: 200 } });
  const asked = site.asked.at(-1);
  if (!asked) throw new Error("the site was not asked");
  return asked;
}

describe("core.http", () => {
  it("has StackStorm's result, and the body as its output", async () => {
    const { status, result, text } = await get("/plain");
    expect({ status, text }).toEqual({ status: "succeeded", text: "hello\n" });
    expect(result).toEqual({
      status_code: 200,
      body: "hello\n",
      parsed: false,
      headers: expect.objectContaining({ "Content-Type": "text/plain" }),
    });
    expect(site.asked.at(-1)).toMatchObject({
      method: "GET",
      headers: { "x-stanley-action": "http", "user-agent": "tailrace" },
    });
  });

  it("reads a JSON body, and keeps the digits of its numbers", async () => {
    const { result } = await get("/json");
    expect(JSON.stringify(result)).toContain('"parsed":true');
    expect(result).toMatchObject({ body: { ok: true }, headers: { "X-Twice": "one, two" } });
    expect(String((result.body as { n: unknown }).n)).toBe("9007199254740993");
    expect(await get("/broken")).toMatchObject({ status: "succeeded", result: { body: "{", parsed: false } });
  });

  it.each([
    ["/latin", { body: "größe", status_code: 200 }],
    ["/gzip", { body: "squeezed", status_code: 201 }],
    ["/empty", { body: "", status_code: 204 }],
  ])("reads the text of %s", async (path, result) => {
    expect(await get(path)).toMatchObject({ status: "succeeded", result });
  });

  it("fails for a status that is no success, and has the answer", async () => {
    expect(await get("/fails")).toMatchObject({
      status: "failed",
      text: "later",
      result: { status_code: 503, body: "later" },
    });
    expect(await get("/away")).toMatchObject({
      status: "failed",
      result: { status_code: 302, body: "moved" },
    });
  });

  it("sends what its parameters say", async () => {
    expect(await asks({ method: "HEAD" })).toMatchObject({ method: "HEAD" });
    expect(await asks({ method: "PURGE" })).toMatchObject({ method: "PURGE" });
    expect(await asks({ params: { a: "x y", list: [1, true], none: null } })).toMatchObject({
      url: "/plain?a=x+y&list=1&list=True",
    });
    expect(await asks({ body: "größe" })).toMatchObject({
      method: "POST",
      body: "größe",
      headers: { "content-length": "7" },
    });
    expect(
      await asks({
        headers: { "user-agent": "mine", "X-Number": 7 },
        cookies: { a: "1", b: "2" },
        username: "ada",
        password: "a-secret-word",
      }),
    ).toMatchObject({
      headers: {
        "user-agent": "mine",
        "x-number": "7",
        cookie: "a=1; b=2",
        authorization: `Basic ${Buffer.from("ada:a-secret-word").toString("base64")}`,
      },
    });
    expect(await asks({ auth: "x-auth-token=XYZ=" })).toMatchObject({ headers: { "x-auth-token": "XYZ=" } });
  });

  it("sends JSON as JSON, also where it is written as Python writes it", async () => {
    const headers = { "content-type": "application/json" };
    expect(await asks({ headers, body: '{"n": 1.0}', method: "PUT" })).toMatchObject({
      method: "PUT",
      body: '{"n": 1.0}',
    });
    expect(await asks({ headers, body: "{'a': [True, None]}" })).toMatchObject({ body: '{"a":[true,null]}' });
    expect(await get("/plain", { headers, body: "nothing like it" })).toMatchObject({
      status: "failed",
      result: { error: "body: it is no JSON, and the header Content-Type says that it is." },
    });
  });

  it("sends a file as a form", async () => {
    const { headers, body } = await asks({
      file_name: 'a "b".txt',
      file_content: "line\n",
      file_content_type: "text/plain",
    });
    const [, boundary] = /^multipart\/form-data; boundary=(\S+)$/.exec(headers["content-type"] ?? "") ?? [];
    expect(body).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="a %22b%22.txt"; filename="a %22b%22.txt"\r\nContent-Type: text/plain\r\n\r\nline\n\r\n--${boundary}--\r\n`,
    );
  });

  it("follows redirects where it is told to, and takes no credential to another host", async () => {
    const secret = { headers: { Authorization: "Bearer abc" }, allow_redirects: true };
    expect(await get("/away", { ...secret, body: "x" })).toMatchObject({ result: { body: { ok: true } } });
    expect(site.asked.at(-1)).toMatchObject({
      method: "GET",
      body: "",
      headers: { authorization: "Bearer abc" },
    });
    expect(await get("/abroad", { ...secret, method: "POST", body: "x" })).toMatchObject({
      status: "succeeded",
    });
    expect(site.asked.at(-1)).toMatchObject({ method: "POST", body: "x" });
    expect(site.asked.at(-1)?.headers).not.toHaveProperty("authorization");
    expect(await get("/circle", { allow_redirects: true })).toMatchObject({
      status: "failed",
      result: { error: "Exceeded 30 redirects." },
    });
  });

  it.each([
    [{ url_hosts_blacklist: ["127.0.0.1"] }, /^URL "http:\S+\/json" is blacklisted$/],
    [{ url_hosts_whitelist: ["example.com"] }, /^URL "http:\S+\/json" is not whitelisted$/],
    [{ url_hosts_blacklist: ["a"], url_hosts_whitelist: ["b"] }, /mutually exclusive/],
    [
      { url: "ftp://127.0.0.1/" },
      /^url: "ftp:\/\/127\.0\.0\.1\/" is no address of http:\/\/ or https:\/\/\.$/,
    ],
  ])("refuses what %j does not allow", async (more, error) => {
    const before = site.asked.length;
    expect(await get("/json", more)).toMatchObject({
      status: "failed",
      result: { error: expect.stringMatching(error) },
    });
    expect(site.asked.length).toBe(before);
  });

  it("does not follow a redirect to a host that is not allowed", async () => {
    const more = { allow_redirects: true, url_hosts_whitelist: ["127.0.0.1"] };
    expect(await get("/abroad", more)).toMatchObject({
      status: "failed",
      result: { error: expect.stringContaining("is not whitelisted") },
    });
  });

  it("goes through the proxy that it is told of", async () => {
    const proxy = await startSite(({ url }, response) => response.end(`by proxy: ${url}`));
    expect(await run("core.http", { url: "http://far.example/page", http_proxy: proxy.url })).toMatchObject({
      result: { body: "by proxy: http://far.example/page" },
    });
  });

  it("shows what has arrived before the answer ends, and ends when it is canceled", async () => {
    const { id } = await world.client.create({
      action: "core.http",
      parameters: { url: `${site.url}/slow` },
    });
    await until("its output is there", async () => (await world.client.get(id)).output?.bytes.stdout === 11);
    await world.client.cancel(id);
    expect(await outcome(id)).toMatchObject({ status: "canceled", text: "first line\n" });
  });

  it("gives up a server that is silent for too long", async () => {
    expect(await get("/slow", { timeout: 0.3 })).toMatchObject({
      status: "timeout",
      text: "first line\n",
      result: { error: `${site.url} was silent for 0.3 s.` },
    });
  });

  it("says why there is no answer", async () => {
    expect(await get("/cut")).toMatchObject({
      status: "failed",
      text: "half",
      result: { error: expect.stringContaining("the connection was cut") },
    });
    const nothing = await startSite(() => undefined);
    const { port } = new URL(nothing.url);
    expect(await run("core.http", { url: `https://127.0.0.1:${port}/` })).toMatchObject({
      status: "failed",
      result: { error: expect.stringContaining("speaks no TLS") },
    });
  });

  it("checks the server's certificate, unless it is told not to", { tags: ["openssl"] }, async () => {
    const folder = scratch();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"];
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end("secure"),
    );
    await once(server.listen(0, "127.0.0.1"), "listening");
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    expect(await run("core.http", { url })).toMatchObject({
      status: "failed",
      result: { error: expect.stringContaining("its certificate is not trusted") },
    });
    expect(await run("core.http", { url, verify_ssl_cert: false })).toMatchObject({
      status: "succeeded",
      text: "secure",
    });
  });

  it("keeps the beginning of a body that is too long for a result", async () => {
    const { result, text } = await get("/long");
    expect(text.length).toBe(5 * 1024 * 1024);
    expect(String(result.body)).toMatch(/^x{1000}.*\[.*bytes.*\]/s);
    expect(String(result.body).length).toBeLessThan(1024 * 1024);
  });
});

describe("core.noop", () => {
  it("does nothing, and succeeds", async () => {
    expect(await run("core.noop", {})).toEqual({ status: "succeeded", result: {}, text: "" });
  });
});

describe("core.echo and core.error", () => {
  it.each(['it\'s $HOME "and" `id` $(id) \\n', "-n", "größe 漢"])("print %j as it is", async (message) => {
    expect(await run("core.echo", { message })).toMatchObject({
      status: "succeeded",
      result: { stdout: message, stderr: "" },
    });
    expect(await run("core.error", { message })).toMatchObject({
      status: "succeeded",
      result: { stdout: "", stderr: message },
    });
  });

  it("take no other command or environment", async () => {
    for (const more of [{ cmd: "id" }, { env: { MESSAGE: "x" } }, { sudo: true }])
      await expect(
        world.client.create({ action: "core.echo", parameters: { message: "x", ...more } }),
      ).rejects.toThrow(/immutable|cannot be overridden|fixes/i);
  });
});

describe("core.pause", { tags: ["python3"] }, () => {
  it("waits, and returns for how long", async () => {
    const { status, result } = await run("core.pause", { max_pause: 1 });
    expect({ status, result }).toEqual({
      status: "succeeded",
      result: { stdout: "", stderr: "", exit_code: 0, result: 1 },
    });
    expect(await run("core.pause", { max_pause: 1, random: true })).toMatchObject({ result: { result: 1 } });
  });
});

describe("core.uuid", { tags: ["python3"] }, () => {
  it.each([
    [{}, 4],
    [{ uuid_type: "uuid4" }, 4],
    [{ uuid_type: "uuid1" }, 1],
  ])("of %j is of version %i", async (parameters, version) => {
    const { result } = await run("core.uuid", parameters);
    expect(result.result).toMatch(
      new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
    );
  });
});

describe("core.sendmail", () => {
  const mail = { to: "bob@example.com", from: "ann@example.com", subject: "Größe", body: "<b>漢</b>\n" };

  /** A sendmail that stores its input. */
  function mailer(): { program: string; sent: () => string; arguments_: () => string } {
    const folder = scratch();
    const program = join(folder, "sendmail");
    write(program, `#!/bin/sh\necho "$*" >${folder}/arguments\ncat >${folder}/mail\n`, 0o755);
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    return { program, sent: () => read("mail"), arguments_: () => read("arguments") };
  }

  const decoded = (text = "") => Buffer.from(text, "base64").toString();

  it("gives the email to the program", async () => {
    const { program, sent } = mailer();
    const { status, result } = await run("core.sendmail", { ...mail, sendmail_binary: program });
    expect({ status, result }).toMatchObject({
      status: "succeeded",
      result: { stdout: "Successfully sent mail to bob@example.com", return_code: 0 },
    });
    const [head = "", body = ""] = sent().split("\n\n");
    expect(head).toContain("To: bob@example.com\nFrom: ann@example.com\n");
    expect(head).toContain("Content-Type: text/html; charset=UTF-8\n");
    expect(decoded(/^Subject: =\?UTF-8\?B\?(.*)\?=$/m.exec(head)?.[1])).toBe("Größe");
    expect(decoded(body)).toBe("<b>漢</b>\n");
  });

  it("attaches files, and says which are none", async () => {
    const { program, sent } = mailer();
    const file = join(scratch(), "notes.bin");
    write(file, "attached");
    const attachments = `${file},/no/such/file`;
    const { result } = await run("core.sendmail", { ...mail, sendmail_binary: program, attachments });
    expect(result.stderr).toBe("The attachment /no/such/file is not a file: it is left out.");
    const [, boundary = ""] = /boundary=(\w+)/.exec(sent()) ?? [];
    const parts = sent().split(`--${boundary}`).slice(1, -1);
    expect(parts.map((part) => decoded(part.trim().split("\n\n")[1]))).toEqual(["<b>漢</b>\n", "attached"]);
    expect(parts[1]).toContain('Content-Disposition: attachment; filename="notes.bin"');
  });

  it.each([
    [{ to: "bob@example.com\nBcc: eve@example.com" }, 2, /^A header of an email has one line/],
    [{ body: "  ", send_empty_body: false }, 0, /^$/],
    [{ sendmail_binary: "/no/such/sendmail" }, 2, /Failed to send mail to bob@example\.com$/],
  ])("with %j sends nothing", async (more, return_code, stderr) => {
    const { program, sent } = mailer();
    const { result } = await run("core.sendmail", { ...mail, sendmail_binary: program, ...more });
    expect(result).toMatchObject({ return_code, stderr: expect.stringMatching(stderr) });
    expect(sent).toThrow(/ENOENT/);
  });

  it("takes the sendmail on the agent's path, or says that there is none", async () => {
    const { program, sent, arguments_ } = mailer();
    const env = { PATH: `${program.slice(0, program.lastIndexOf("/"))}:${process.env.PATH}` };
    expect(await run("core.sendmail", { ...mail, env })).toMatchObject({ status: "succeeded" });
    expect(arguments_()).toBe("-t\n");
    expect(sent()).toContain("To: bob@example.com");
    const nowhere = scratch();
    expect(await run("core.sendmail", { ...mail, env: { PATH: nowhere } })).toMatchObject({
      status: "failed",
      result: { return_code: 2, stderr: expect.stringContaining("This host has no sendmail on its PATH") },
    });
  });
});
