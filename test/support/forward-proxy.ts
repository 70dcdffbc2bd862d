import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterTest } from "./world.ts";

/** An HTTP proxy that leads each name to one server, until the test ends. `asked` has the names. */
export async function forwardProxy(target: string): Promise<{ url: string; asked: Set<string> }> {
  const asked = new Set<string>();
  const { port } = new URL(target);
  const proxy = createServer((asking, answer) => {
    const { host, pathname, search } = new URL(asking.url ?? "");
    asked.add(host);
    const { method, headers } = asking;
    const passed = request({ port, method, headers, path: pathname + search }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asking.pipe(passed);
  });
  proxy.on("connect", ({ url = "" }, socket) => {
    asked.add(url.replace(/:80$/, ""));
    const server = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(server).pipe(socket);
    });
    for (const [end, other] of [
      [socket, server],
      [server, socket],
    ] as const)
      end.on("error", () => other.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  afterTest(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}
