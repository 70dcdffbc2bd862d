import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { it } from "vitest";
import { Link } from "../../agent/link.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../../protocol/wire/version.ts";
import { promised } from "../support/promised.ts";
import { afterTest, until } from "../support/world.ts";

/** The string that a server adds to a client's key (RFC 6455, section 1.3). */
const HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The wait before the second of several connections in a row. */
const WAIT_MS_MAX = 200;

/** A server that takes WebSockets, and never answers their close. */
async function muteServer(): Promise<string> {
  const opened: Duplex[] = [];
  const server = createServer();
  server.on("upgrade", ({ headers }, socket) => {
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${HANDSHAKE}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on("error", () => socket.destroy()).resume();
    opened.push(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  afterTest(() => {
    for (const socket of opened) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("an agent that gives a lease up connects again without waiting for the server's answer to its close", async () => {
  const url = await muteServer();
  let hellos = 0;
  const link = new Link({
    url,
    log: { info: () => undefined, warn: () => undefined },
    prepare: async () => ({ id: "agent", pool: "default", secret: "secret" }),
    hello: () => {
      hellos++;
      return {
        type: "hello",
        protocol: PROTOCOL_VERSION,
        protocol_min: PROTOCOL_VERSION_MIN,
        name: "agent",
        version: "1",
        slots: 1,
        runners: [],
        labels: {},
        packs: [],
        leases: [],
      };
    },
    onMessage: () => undefined,
  });
  const ran = link.run();
  await until("it is connected", () => hellos === 1);
  link.hangUp();
  await promised("it is connected again", WAIT_MS_MAX, () => hellos === 2);
  link.close();
  await ran;
});
