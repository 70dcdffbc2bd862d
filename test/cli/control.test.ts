import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { serveControl, tellServer } from "../../cli/server/control.ts";
import { afterTest, scratch } from "../support/world.ts";

/** Sends a request as it is, and returns the status of the answer. */
async function statusOf(port: number, target: string): Promise<string | undefined> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return (await text(socket)).split(" ")[1];
}

it("the socket for commands survives every request without its key, and runs nothing for it", async () => {
  const state = scratch();
  const given: string[] = [];
  const control = await serveControl(state, {
    backup: async (argument) => ({ count: given.push(argument) }),
  });
  afterTest(async () => control.close());
  const { url }: { url: string } = JSON.parse(readFileSync(join(state, "control.json"), "utf8"));
  for (const target of ["/backup", "//", "http://[", "*", "/backup?argument=%zz"])
    expect([target, await statusOf(Number(new URL(url).port), target)]).toEqual([target, "404"]);
  expect(await tellServer(state, "backup", "/a folder")).toEqual({ status: 200, text: '{"count":1}' });
  expect(await tellServer(state, "constructor", "")).toMatchObject({ status: 404 });
  expect(given).toEqual(["/a folder"]);
});
