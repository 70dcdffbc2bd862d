import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { RenderJob } from "../../agent/templates/job.ts";
import { renderRun } from "../../agent/templates/render.ts";
import { TemplateThreads } from "../../agent/templates/threads.ts";
import { HOSTILE_TEMPLATES } from "../support/hostile-templates.ts";
import { write } from "../support/python-pack.ts";
import { scratch } from "../support/world.ts";

const folder = scratch();

function job(t: string): RenderJob {
  const pack = { ref: "p", config: { url: "{{ 'http' ~ '://x' }}" }, config_schema: {} };
  return {
    pack,
    schema: { t: { type: "string" } },
    values: { t },
    action_context: { user: "ann" },
    keys: [],
  };
}

/** Threads whose program runs this code for each job. */
function threadsThat(name: string, deed: string, render_ms_max: number): TemplateThreads {
  const file = join(folder, `${name}.mjs`);
  write(
    file,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", (job) => { ${deed} });
     parentPort.postMessage("ready");`,
  );
  return new TemplateThreads({ program: pathToFileURL(file), start_ms_max: 60_000, render_ms_max });
}

describe("templates in threads", () => {
  it("give their values, rendered over the pack's configuration", async () => {
    expect(await renderRun(job("{{ action_context.user }} at {{ config_context.url }}"))).toEqual({
      config_context: { url: "http://x" },
      values: { t: "ann at http://x" },
    });
  });

  it("leave the process free for other work, and do not harm later templates", async () => {
    const jobs = Object.values(HOSTILE_TEMPLATES).map((template) => renderRun(job(template)));
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const answers = await Promise.all(jobs);
    clearInterval(turning);
    for (const { error } of answers) expect(error).toMatch(/steps|memory|characters|nest/);
    expect(turns).toBeGreaterThan(10);
    expect(await renderRun(job("{{ 1 + 1 }}"))).toMatchObject({ values: { t: "2" } });
  });

  it("start no thread where the values have no template", async () => {
    const plain = { ...job("plain"), pack: { ref: "p", config: {}, config_schema: {} } };
    expect(await renderRun(plain)).toEqual({ config_context: {}, values: { t: "plain" } });
  });
});

describe("a thread", () => {
  it("that takes too long is ended, and the jobs behind it get other threads", async () => {
    const threads = threadsThat("spins", "for (;;);", 100);
    const jobs = [1, 2, 3, 4].map((at) => threads.render(job(String(at))));
    for (const { status, reason } of (await Promise.allSettled(jobs)) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(String(reason)).toContain("The templates take too long: stopped after 0.1 s");
    }
  });

  it("that does not start in time is ended", async () => {
    const file = join(folder, "idle.mjs");
    const beats = join(folder, "beats");
    write(
      file,
      `import { appendFileSync } from "node:fs";
       setInterval(() => appendFileSync(${JSON.stringify(beats)}, "."), 1);`,
    );
    const program = pathToFileURL(file);
    const threads = new TemplateThreads({ program, start_ms_max: 1_000, render_ms_max: 60_000 });
    await expect(threads.render(job("a"))).rejects.toThrow(
      "thread for templates did not start: stopped after 1 s",
    );
    let beat = -1;
    const isStill = () => {
      const before = beat;
      beat = existsSync(beats) ? statSync(beats).size : 0;
      return beat === before;
    };
    await expect.poll(isStill, { interval: 200 }).toBe(true);
  });

  it("that takes too much memory is ended with that reason", async () => {
    const threads = threadsThat(
      "fills",
      "const all = []; for (;;) all.push(new Array(1e6).fill(job));",
      60_000,
    );
    await expect(threads.render(job("a"))).rejects.toThrow("The templates need more than 256 MiB of memory");
  });

  it("that ends by itself fails its own job only", async () => {
    const threads = threadsThat(
      "ends",
      "if (job.includes('bad')) process.exit(1); parentPort.postMessage(job);",
      60_000,
    );
    await expect(threads.render(job("bad"))).rejects.toThrow("thread for templates ended");
    expect(await threads.render(job("good"))).toMatchObject({ values: { t: "good" } });
  });
});
