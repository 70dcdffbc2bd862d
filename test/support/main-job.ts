import { expect } from "vitest";
import type { Client } from "../../protocol/client/client.ts";

/** A text that the agents under test mask, as they have `mask_env = ["*_TOKEN"]`. */
const SECRET = "tr-5up3r-s3cr3t";

/** The settings of an agent that does the main job, as a settings file. */
export function mainJobSettings(url: string, key_file: string, state: string): string {
  const texts = { url, key_file, state };
  const lines = Object.entries(texts).map(([name, text]) => `${name} = ${JSON.stringify(text)}\n`);
  return `${lines.join("")}slots = 4\nmask_env = ["*_TOKEN"]\n`;
}

/** Runs one action of each kind in a pool, and expects its output: a command, a template, a script, Python, and a masked secret. */
export async function expectMainJob(client: Client, pool: string): Promise<void> {
  const outputOf = async (action: string, parameters: Record<string, unknown>) => {
    const { id } = await client.create({ action, parameters, pool });
    const output = await (await client.output(id)).text();
    return { output, status: (await client.get(id)).status };
  };
  const status = "succeeded";
  expect(await outputOf("core.local", { cmd: "echo hello" })).toEqual({ output: "hello\n", status });
  expect(await outputOf("core.local", { cmd: "echo {{ 6 * 7 }}" })).toEqual({ output: "42\n", status });
  const token = { cmd: "echo $API_TOKEN", env: { API_TOKEN: SECRET } };
  expect(await outputOf("core.local", token)).toEqual({ output: "********\n", status });
  expect(await outputOf("examples.greet", { name: "you" })).toEqual({ output: "Hello, you!\n", status });
  expect(await outputOf("examples.count_python", { count: 2, sleep_delay: 0 })).toEqual({
    output: expect.stringContaining("line 2\n"),
    status,
  });
}
