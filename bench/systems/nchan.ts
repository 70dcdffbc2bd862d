import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { within } from "../load.ts";
import { scratch } from "../scratch.ts";
import type { MissingPeer, Peer, Stream, System } from "./system.ts";

const NGINX = "/usr/sbin/nginx";
const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";
const START_MS_MAX = 10_000;

/** nginx with Nchan, from Debian. It keeps everything in memory, and promises nothing after a crash. */
export function findNchan(): Peer | MissingPeer {
  const name = "Nchan";
  if (!existsSync(NGINX) || !existsSync(MODULE))
    return { name, missing: "apt-get install nginx libnginx-mod-nchan" };
  const { stdout } = spawnSync("dpkg-query", ["-W", "libnginx-mod-nchan"], { encoding: "utf8" });
  return { name, version: stdout.trim().split("\t")[1] ?? "", start: () => startNchan(name) };
}

async function startNchan(name: string): Promise<System> {
  const folder = scratch();
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port));
  const child = spawn(NGINX, ["-c", file, "-e", join(folder, "error.log")], { stdio: "inherit" });
  await within(listening(port), START_MS_MAX, "nginx");
  let streams = 0;
  return {
    name,
    has_sockets: true,
    pid: child.pid ?? 0,
    open: async (): Promise<Stream> => {
      const id = `stream${++streams}`;
      return {
        url: `http://127.0.0.1:${port}`,
        // Without it, Nchan refuses a request that is no upgrade.
        headers: { accept: "text/event-stream" },
        append_path: `/append/${id}`,
        append_headers: {},
        sse_path: `/follow/${id}`,
        socket_path: `/follow/${id}`,
        text_path: undefined,
        wants_credit: false,
        close: async () => undefined,
      };
    },
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** As many workers as Debian's own configuration has, one for each core. */
function configuration(folder: string, port: number): string {
  return `
daemon off;
user root;
worker_processes auto;
pid ${folder}/nginx.pid;
load_module ${MODULE};
events { worker_connections 8192; }
http {
  access_log off;
  client_max_body_size 32m;
  client_body_buffer_size 2m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  nchan_shared_memory_size 2g;
  server {
    listen 127.0.0.1:${port} reuseport;
    location ~ ^/append/(\\w+)$ {
      nchan_publisher;
      nchan_channel_id $1;
      nchan_message_buffer_length 1000000;
      nchan_message_timeout 1h;
    }
    location ~ ^/follow/(\\w+)$ {
      nchan_subscriber websocket eventsource;
      nchan_channel_id $1;
      nchan_subscriber_first_message oldest;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await pause(20);
    } finally {
      socket.destroy();
    }
  }
}
