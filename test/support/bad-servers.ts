import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterTest } from "./world.ts";

const PAGE = `<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
</body>
</html>
`;

/** Bad servers, by their answer to a request. */
export const BAD_SERVERS: Record<string, (socket: Socket) => void> = {
  "a proxy's page": (socket) => socket.end(answer("502 Bad Gateway", "text/html", PAGE)),
  "a portal's page": (socket) => socket.end(answer("200 OK", "text/html", PAGE)),
  "a proxy that asks for a password": (socket) => socket.end(answer("401 Unauthorized", "text/html", PAGE)),
  "a server without such a path": (socket) => socket.end(answer("404 Not Found", "text/html", PAGE)),
  "a failure without a text": (socket) => socket.end(answer("500 Internal Server Error", "text/plain", "")),
  "redirects in a circle": (socket) =>
    socket.end("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
  "a connection that closes": (socket) => socket.destroy(),
  "a connection that is reset": (socket) => socket.resetAndDestroy(),
  "half an answer": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[{"),
  "a server without HTTP": (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
};

/** Starts a bad server. Returns its URL. */
export async function badServer(name: string): Promise<string> {
  const answerTo = BAD_SERVERS[name];
  if (!answerTo) throw new Error(`there is no such server: ${name}`);
  return listen(
    createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => answerTo(socket));
    }),
    "http",
  );
}

/** A server with an untrusted certificate. */
export function untrustedServer(): Promise<string> {
  const server = createHttps({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end("{}"));
  return listen(server, "https");
}

async function listen(server: Server, scheme: string): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  afterTest(() => server.close());
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answer(status: string, type: string, body: string): string {
  const head = `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  return `HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`;
}

/** The key of a self-signed certificate for `localhost`. It protects nothing. */
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgt5s73kq5IO0yqFX9
Jgz/B5orORL1h8ZeuAgjIzEYnbOhRANCAATkoJCEiVp4KCJuiE5Rt6/+2Ldb6Zav
vksqxaXIzMyZDkFId5DSZh1eJahp++VZaSl86MKSQCL9TRo2qtMbfdSw
-----END PRIVATE KEY-----
`;
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUKTUpSMst+UvBX1lTWmyQryv58F0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDAyMjI0N1oYDzIxMjYxMTA2
MDIyMjQ3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATkoJCEiVp4KCJuiE5Rt6/+2Ldb6ZavvksqxaXIzMyZDkFId5DSZh1e
Jahp++VZaSl86MKSQCL9TRo2qtMbfdSwo1MwUTAdBgNVHQ4EFgQUso/QgdXl4ww3
6Mzmzc4/7xkJ6uIwHwYDVR0jBBgwFoAUso/QgdXl4ww36Mzmzc4/7xkJ6uIwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBD0EPR65EL29xUhYV1mXSz
pOBsE9C9k1dFT25uhUNwogIgYVAg6AkCv6nFfqITthRHeTrTyaricNyxH57H81wz
kXg=
-----END CERTIFICATE-----
`;
