import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { http } from "../base/http.ts";
import { writeWhole } from "../base/write-whole.ts";
import { type Answer, request } from "./request.ts";

/** Where a running server takes commands of its own machine, and the key for it. Only the folder's owner can read it. */
const Control = v.object({ url: v.string(), key: v.string() });
const FILE = "control.json";

/** The commands that a running server takes, by name. The answer is JSON. */
export type Commands = Record<string, (argument: string) => Promise<object>>;

/** Takes commands for a state folder from programs that can read it. */
export async function serveControl(state: string, commands: Commands): Promise<{ close: () => void }> {
  const key = randomBytes(32).toString("base64url");
  const server = http.createServer(async (request, response) => {
    // Every user of the machine can reach the port, also with a target that is no URL.
    const target =
      request.headers["control-key"] === key ? URL.parse(request.url ?? "", "http://control") : null;
    const name = target?.pathname.slice(1) ?? "";
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (target === null || command === undefined) {
      response.writeHead(404).end();
      return;
    }
    try {
      response.end(JSON.stringify(await command(target.searchParams.get("argument") ?? "")));
    } catch (error) {
      response.writeHead(500).end(failureText(error));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const file = join(state, FILE);
  writeWhole(file, JSON.stringify({ url: `http://127.0.0.1:${port}`, key }));
  const close = () => {
    rmSync(file, { force: true });
    server.close();
    server.closeAllConnections();
  };
  return { close };
}

/** Sends a command to the server that runs on a state folder. Undefined if none runs. */
export async function tellServer(
  state: string,
  command: string,
  argument: string,
): Promise<Answer | undefined> {
  const control = readControl(join(state, FILE));
  if (!control) return undefined;
  const url = `${control.url}/${command}?argument=${encodeURIComponent(argument)}`;
  try {
    return await request(url, { method: "POST", headers: { "control-key": control.key }, is_patient: true });
  } catch (error) {
    // A killed server has left the file.
    if (error instanceof Error && "code" in error && error.code === "ECONNREFUSED") return undefined;
    throw error;
  }
}

function readControl(file: string): v.InferOutput<typeof Control> | undefined {
  try {
    return v.parse(Control, JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
