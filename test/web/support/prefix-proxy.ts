import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";

/** The origin of a proxy that serves a server below some paths, and a function that ends it. Other paths are another program's. */
export async function serveBelow(
  prefixes: string[],
  target: string,
): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(target);
  const prefixOf = (path = "") => prefixes.find((prefix) => path.startsWith(`${prefix}/`));
  const passed = ({ method, headers, url = "/" }: IncomingMessage) =>
    request({ hostname, port, method, headers, path: url.slice(prefixOf(url)?.length) });
  const proxy = createServer((from, to) => {
    if (prefixOf(from.url) === undefined) {
      to.writeHead(404).end("another program");
      return;
    }
    const upstream = passed(from).on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    from.pipe(upstream.on("error", () => to.destroy()));
    to.on("close", () => upstream.destroy());
  });
  proxy.on("upgrade", (from, socket) => {
    const upstream = passed(from).on("upgrade", (answer, far, first) => {
      const head = [`HTTP/1.1 101 Switching Protocols`];
      for (const [name, value] of Object.entries(answer.headers)) head.push(`${name}: ${value}`);
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      // The server may have sent frames together with its answer.
      socket.write(first);
      far.pipe(socket).pipe(far);
      far.on("error", () => socket.destroy());
      socket.on("error", () => far.destroy());
    });
    upstream.on("error", () => socket.destroy()).end();
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const close = () => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { url, close };
}
