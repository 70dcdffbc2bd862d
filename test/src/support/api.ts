import { env } from "cloudflare:workers";
import { fetchWorker, ORIGIN } from "./world.ts";

/** An answer of the API: its status, its headers, and its body as JSON if it is JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies of every shape.
  body: any;
}

/** Sends a request with an administrator's key, as any client of StackStorm's API may. */
export async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetchWorker(ORIGIN + path, {
    method,
    headers: { "st2-api-key": env.TAILRACE_API_KEY, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const is_json = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, body: is_json ? JSON.parse(text) : text };
}

export const get = (path: string) => api("GET", path);
