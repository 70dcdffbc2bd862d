import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";

/** The URL of a proxy that serves a server below a path, and that ends it. All other paths are another program's. */
export async function serveBelow(
  prefix: string,
  target: string,
): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(target);
  const passed = ({ method, headers, url = "/" }: IncomingMessage) =>
    request({ hostname, port, method, headers, path: url.slice(prefix.length) || "/" });
  const proxy = createServer((from, to) => {
    if (!from.url?.startsWith(`${prefix}/`)) {
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
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
  const close = () => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { url, close };
}
