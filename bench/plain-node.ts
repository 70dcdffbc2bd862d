import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The other reference: plain Node, history in memory, one write for each batch and follower. A crash loses everything. */
interface Stream {
  frames: Buffer[];
  followers: Set<ServerResponse>;
}

const streams = new Map<string, Stream>();

const server = createServer(async (request, response) => {
  const [, name = "", verb] = (request.url ?? "").split("/");
  const stream = streams.get(name) ?? { frames: [], followers: new Set<ServerResponse>() };
  streams.set(name, stream);
  if (verb === "append") {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const frames = Buffer.from(sse(Buffer.concat(parts).toString("utf8")));
    stream.frames.push(frames);
    for (const follower of stream.followers) follower.write(frames);
    response.end("{}");
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  for (const frames of stream.frames) response.write(frames);
  stream.followers.add(response);
  response.on("close", () => stream.followers.delete(response));
});

function sse(body: string): string {
  let frames = "";
  for (const line of body.split("\n"))
    if (line !== "") frames += `id: ${line.slice(7, line.indexOf(","))}\ndata: ${line}\n\n`;
  return frames;
}

server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
process.stdin.on("end", () => process.exit(0)).resume();
