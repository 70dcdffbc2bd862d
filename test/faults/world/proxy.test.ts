import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it } from "vitest";
import { afterTest, until } from "../../support/world.ts";
import { Random } from "../random.ts";
import { freePorts } from "./ports.ts";
import { FaultyNetwork } from "./proxy.ts";
import type { Deed, Snare } from "./snare.ts";

const PATH = "/agent/v1/executions/6b0cda5b02457e0417d3c188/chunks";

/** A server that records each body, complete or not, and a proxy before it. */
async function start(): Promise<{ network: FaultyNetwork; got: string[] }> {
  const got: string[] = [];
  const server: Server = createServer((asked, answer) => {
    let body = "";
    asked.setEncoding("utf8").on("data", (text: string) => (body += text));
    asked.on("end", () => {
      got.push(body);
      answer.end("taken");
    });
    asked.on("error", () => got.push(`${body}|broken`));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const [own = 0] = await freePorts(1, new Random(String(Math.random())));
  const network = await FaultyNetwork.open("one", own, port);
  afterTest(async () => {
    await network.close();
    server.closeAllConnections();
    server.close();
  });
  return { network, got };
}

/** Posts on a new connection. Returns the answer, or the code of the failure. */
function post({ url }: FaultyNetwork, body: string): Promise<string> {
  return new Promise((resolve) => {
    const asking = request(`${url}${PATH}`, { method: "POST", agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (more: string) => (text += more));
      answer.on("end", () => resolve(text)).on("error", ({ message }) => resolve(message));
    });
    asking.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asking.end(body);
  });
}

function lay(network: FaultyNetwork, way: Snare["way"], kind: string, deed: Deed): { caught: number } {
  const told = { caught: 0 };
  network.setSnare({ way, kind, deed, onCaught: () => told.caught++ });
  return told;
}

describe("a faulty network", () => {
  it("changes nothing without a fault", async () => {
    const { network, got } = await start();
    expect(await post(network, "a".repeat(3_000_000))).toBe("taken");
    expect(got.map(({ length }) => length)).toEqual([3_000_000]);
  });

  it.each<[string, Deed, { answer: string; got: string[] }]>([
    ["before a request", { deed: "cut before" }, { answer: "ECONNRESET", got: [] }],
    [
      "within a request",
      { deed: "cut within", fraction: 0.99 },
      { answer: "ECONNRESET", got: ["whol|broken"] },
    ],
    ["so that a request is all there is", { deed: "lose answer" }, { answer: "ECONNRESET", got: ["whole"] }],
  ])("cuts %s, once", async (_, deed, expected) => {
    const { network, got } = await start();
    const told = lay(network, "up", "chunks", deed);
    expect(await post(network, "whole")).toBe(expected.answer);
    expect(told.caught).toBe(1);
    await until("the server has all that it gets", () => got.length === expected.got.length);
    expect(got.map((body) => body.replace(/^w\w*\|/, "whol|"))).toEqual(expected.got);
    expect(await post(network, "again")).toBe("taken");
  });

  it("cuts behind an answer, which still arrives", async () => {
    const { network } = await start();
    lay(network, "down", "chunks.answer", { deed: "cut behind" });
    expect(await post(network, "whole")).toBe("taken");
  });

  it("repeats a request on another connection", async () => {
    const { network, got } = await start();
    lay(network, "up", "chunks", { deed: "repeat", later_ms: 0 });
    expect(await post(network, "twice")).toBe("taken");
    await until("it came twice", () => got.length === 2);
    expect(got).toEqual(["twice", "twice"]);
  });

  it("refuses connections until it accepts them again, on the same port", async () => {
    const { network } = await start();
    expect(network.refuse()).toBe(true);
    expect(await post(network, "refused")).toBe("ECONNREFUSED");
    await network.accept();
    expect(await post(network, "accepted")).toBe("taken");
  });

  it("swallows everything in a black hole without telling either side, and passes new connections afterwards", async () => {
    const { network, got } = await start();
    network.openHole();
    const socket = connect(network.port, "127.0.0.1");
    let heard = "";
    socket.on("data", (data) => (heard += data)).on("close", () => (heard += "closed"));
    socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nlost`);
    await until("it is in the hole", () => network.muted_count === 1);
    network.fillHole();
    expect(await post(network, "passes")).toBe("taken");
    expect({ got, heard }).toEqual({ got: ["passes"], heard: "" });
    socket.destroy();
  });
});
