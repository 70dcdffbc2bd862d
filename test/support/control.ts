/** The script of a Worker that evicts an object, or calls one of its methods: `control` of `startServer`. */
export const CONTROL = `
import unsafe from "workerd:unsafe";
export default {
  async fetch(request, env) {
    const { binding, name, method, args } = await request.json();
    const namespace = env[binding];
    const stub = namespace.get(namespace.idFromName(name));
    try {
      if (method === "evict") await unsafe.evict(stub, { webSockets: "hibernate" });
      return Response.json({ value: method === "evict" ? null : await stub[method](...args) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};
`;

interface Controlled {
  control: string;
}

/** Evicts an object, as the engine does with one that is idle. Throws if it sleeps already. */
export async function evict({ control }: Controlled, binding: string, name: string): Promise<void> {
  await send(control, { binding, name, method: "evict" });
}

/** Calls a method of an object. */
export function call(
  { control }: Controlled,
  binding: string,
  name: string,
  method: string,
  ...args: unknown[]
): Promise<unknown> {
  return send(control, { binding, name, method, args });
}

async function send(control: string, body: object): Promise<unknown> {
  const response = await fetch(control, { method: "POST", body: JSON.stringify(body) });
  const { value, error } = (await response.json()) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return value;
}
