// @module-tag chromium-headless-shell
import { beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { afterTest, clientOf, scratch, until } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { elementCount, rowsOf, shows, stands } from "./support/log-page.ts";
import { type Producer, Producers } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

async function open(producer: Producer, hash = "", url = server.url) {
  const tab = await openTab(browser, url, `/executions/${producer.id}${hash}`, { key: server.apiKey });
  afterTest(async () => {
    await tab.close();
    expect(tab.errors).toEqual([]);
  });
  await tab.page.locator(".log").focus();
  return tab.page;
}

describe("the first lines of a page", () => {
  it.each(["key", "link"])("are requested once, before the page's script has run: by %s", async (way) => {
    const producer = await producers.open();
    await producer.writeLines(1, 50);
    await producer.end();
    const { client } = producers;
    const search = way === "link" ? new URL((await client.identity.link(producer.id)).url).search : "";
    const signed_in = way === "key" ? { key: server.apiKey } : {};
    const path = `/executions/${producer.id}${search}`;
    const { page, errors, close } = await openTab(browser, server.url, path, signed_in);
    afterTest(close);
    await shows(page, "line 50 of");
    await stands(page, /^complete, [\d.]+ kB$/);
    // A module runs after the page has been parsed.
    const asked = await page.evaluate<{ path: string; early: boolean }[]>(
      `performance.getEntriesByType("resource").map(({ name, startTime }) => ({
        path: new URL(name).pathname.replace(/[0-9a-f]{24}/, "ID"),
        early: startTime < performance.getEntriesByType("navigation")[0].domInteractive,
      }))`,
    );
    const [lines, document, user] = [
      "/api/v1/executions/ID/output/lines",
      "/api/v1/executions/ID",
      "/api/v1/user",
    ];
    const expected = way === "key" ? [lines, document, user] : [lines, document];
    expect(asked).toEqual(expected.map((path) => ({ path, early: true })));
    expect(errors).toEqual([]);
  });

  it("are on the screen before the page connects to follow", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 50);
    const page = await open(producer);
    await page.addInitScript(`globalThis.WebSocket = class extends WebSocket {
      constructor(...given) {
        globalThis.connects = {
          rows: document.querySelectorAll(".row").length,
          paints: performance.getEntriesByType("paint").length,
        };
        super(...given);
      }
    };`);
    await page.reload();
    await stands(page, "live");
    const { rows, paints } = await page.evaluate<{ rows: number; paints: number }>("connects");
    expect(rows).toBeGreaterThan(20);
    expect(paints).toBeGreaterThan(0);
  });
});

describe("an output of a million lines", () => {
  let long: Producer;
  beforeAll(async () => {
    long = await producers.open();
    await long.writeLines(1, 1_000_000);
    await long.end();
  }, 120_000);

  it("opens at its end, and scrolls with few elements", async () => {
    const page = await open(long);
    await shows(page, "line 1000000 of");
    await stands(page, /^complete, \d+ MB$/);
    await page.keyboard.press("Home");
    await shows(page, "line 1 of");
    await page.keyboard.press("PageDown");
    await shows(page, "line 40 of");
    await page.locator(".log").evaluate((log) => {
      log.scrollTop = log.scrollHeight / 2;
    });
    await until("the middle is there", async () => {
      const rows = await rowsOf(page);
      return (
        rows.length > 0 &&
        rows.every(
          ({ number, text }) =>
            Math.abs(Number(number) - 500_000) < 1_000 && text.includes(`line ${number} of`),
        )
      );
    });
    expect(await elementCount(page)).toBeLessThan(3_000);
  });

  it("is searched completely: count, next, previous", async () => {
    const page = await open(long);
    await page.keyboard.press("Control+f");
    await page.keyboard.type("line 77777");
    await page.getByText("11 found", { exact: true }).waitFor({ timeout: 60_000 });
    await page.keyboard.press("Shift+Enter");
    await page.getByText("11 of 11", { exact: true }).waitFor();
    await shows(page, "line 777779 of");
    await page.keyboard.press("Enter");
    await page.getByText("1 of 11", { exact: true }).waitFor();
    await shows(page, "line 77777 of");
    expect(await page.locator("mark.current").textContent()).toBe("line 77777");
  });

  it("has links to its lines, and copies lines that were never on the screen", async () => {
    const page = await open(long, "#L123456-L130000");
    await shows(page, "line 123456 of");
    expect(await page.locator(".row.selected").count()).toBeGreaterThan(10);
    await page.locator(".log").focus();
    await page.keyboard.press("Control+c");
    await page.getByText("6,545 lines copied").waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    const lines = copied.split("\n");
    expect([lines.length, lines[0]?.slice(0, 11), lines.at(-2)?.slice(0, 11)]).toEqual([
      6_546,
      "line 123456",
      "line 130000",
    ]);
  });
});

describe("a live output", () => {
  it("is followed to its end until the reader scrolls, and shows how to come back", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 500);
    const page = await open(producer);
    await stands(page, "live");
    await shows(page, "line 500 of");
    await producer.writeLines(501, 600);
    await shows(page, "line 600 of");
    await page.keyboard.press("PageUp");
    await page.getByText("Follow ↓").waitFor();
    const before = await rowsOf(page);
    await producer.writeLines(601, 1_804);
    await page.getByText("1,204 new lines ↓").waitFor();
    expect(await rowsOf(page)).toEqual(before);
    await page.keyboard.press("End");
    await shows(page, "line 1804 of");
    await producer.end(3);
    await stands(page, /^complete/);
    await page.getByText("failed", { exact: true }).waitFor();
  });

  it("takes only the memory of the lines that a page keeps", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 10);
    const page = await open(producer);
    await stands(page, "live");
    const session = await page.context().newCDPSession(page);
    const heapBytes = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    const before = await heapBytes();
    await producer.writeLines(11, 150_000);
    await shows(page, "line 150000 of");
    // All of them would take 25 MB.
    expect((await heapBytes()) - before).toBeLessThan(15e6);
    await producer.end();
  });

  it("is the same in two tabs, one of them opened later", async () => {
    const producer = await producers.open();
    const first = await open(producer);
    await stands(first, "live");
    await producer.writeLines(1, 30);
    const second = await open(producer);
    await producer.writeLines(31, 35);
    await producer.end();
    for (const page of [first, second]) {
      await stands(page, /^complete/);
      await shows(page, "line 35 of");
    }
    expect(await rowsOf(first)).toEqual(await rowsOf(second));
  });

  it("has lasting links to its lines, copied by one click", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 20);
    const page = await open(producer);
    await shows(page, "line 20 of");
    await page.locator(".number", { hasText: /^7$/ }).click();
    await page.locator(".number", { hasText: /^9$/ }).click({ modifiers: ["Shift"] });
    await page.getByText("Link copied").waitFor();
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(link).toBe(`${server.url}/executions/${producer.id}#L7-L9`);
    await producer.writeLines(21, 3_000);
    const other = await open(producer, "#L7-L9");
    await until("the lines are selected", async () => (await other.locator(".row.selected").count()) === 3);
    expect(await other.locator(".row.selected .text").first().textContent()).toContain("line 7 of");
    const chunk = await open(producer, "#S2");
    await until(
      "the chunk's line is selected",
      async () => (await chunk.locator(".row.selected").count()) === 1,
    );
    expect(await chunk.locator(".row.selected .text").textContent()).toContain("line 21 of");
  });

  it("tells its streams apart, and shows the selected ones", async () => {
    const producer = await producers.open();
    for (let at = 0; at < 30; at++) {
      await producer.write(`out ${at}\n`.repeat(100), { type: "stderr", data: `err ${at}\n` });
    }
    const page = await open(producer);
    await shows(page, "err 29");
    await page.keyboard.press("1");
    await page.keyboard.press("3");
    await until("only stderr is left", async () => {
      const rows = await rowsOf(page);
      return rows.length === 30 && rows.every(({ text }) => text.startsWith("err"));
    });
    expect((await rowsOf(page)).slice(0, 2).map(({ number }) => number)).toEqual(["101", "202"]);
    await producer.write({ type: "stderr", data: "err live\n" }, "out live\n");
    await shows(page, "err live");
  });

  it("can be searched while it grows", async () => {
    const producer = await producers.open();
    await producer.write("needle one\nhay\n");
    const page = await open(producer);
    await shows(page, "hay");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("need.e");
    await page.getByRole("button", { name: "Regular expression" }).click();
    await page.getByText("1 found", { exact: true }).waitFor();
    await producer.write("more hay\nneedle two\n");
    await page.getByText("2 found", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next match" }).click();
    await page.keyboard.press("Escape");
    await until("no mark is left", async () => (await page.locator("mark").count()) === 0);
  });

  it("draws progress bars as a terminal does", async () => {
    const producer = await producers.open();
    await producer.write("layer a:  0%\nlayer b:  0%\n");
    const page = await open(producer);
    await shows(page, "layer b:  0%");
    for (const done of [40, 80, 100]) {
      await producer.write(`\x1b[2A\x1b[2K\rlayer a: ${done}%\n\x1b[2K\rlayer b: ${done - 10}%\n`);
    }
    await producer.write("10%\r", "55%\r", "one bar");
    await until("the bars are drawn", async () => {
      const texts = (await rowsOf(page)).map(({ text }) => text);
      return JSON.stringify(texts) === JSON.stringify(["layer a: 100%", "layer b: 90%", "one bar"]);
    });
  });
});

describe("a gap", () => {
  it("is shown at its place, and the end says that there are gaps", async () => {
    const producer = await producers.open();
    await producer.write("before\n");
    await producer.writeGap(4_096);
    await producer.write("after\n");
    await producer.writeGap(1);
    await producer.end();
    const page = await open(producer);
    await stands(page, "incomplete: 2 gaps, 13 bytes");
    expect((await rowsOf(page)).map(({ number, text }) => `${number} ${text}`)).toEqual([
      "1 before",
      "2 — 4,096 bytes missing here: the agent's spool was full —",
      "3 after",
      "4 — 1 bytes missing here: the agent's spool was full —",
    ]);
  });

  it("is one row for an output that was cut at its limit, and lines keep their numbers", async () => {
    const own = await startServer({ port: 0, state: scratch(), vars: { OUTPUT_BYTES_MAX: 2_000_000 } });
    const own_producers = await Producers.connect(clientOf(own.url, own.apiKey));
    const producer = await own_producers.open();
    await producer.writeLines(1, 60_000);
    await producer.end();
    const tab = await openTab(browser, own.url, `/executions/${producer.id}`, { key: own.apiKey });
    afterTest(async () => {
      await tab.close();
      own_producers.close();
      await own.stop();
    });
    const { page } = tab;
    await shows(page, "line 60000 of");
    await stands(page, /^incomplete: 1 gap,/);
    await page.locator(".log").focus();
    await page.keyboard.press("Home");
    await shows(page, "line 1 of");
    const { output } = await clientOf(own.url, own.apiKey).get(producer.id);
    expect(output?.lines.stdout).toBe(60_000);
    // The head is half of the limit: as many lines as came in whole batches.
    await page.evaluate(`location.hash = "#L12000"`);
    await page.locator(".row.gap").waitFor();
    expect(await page.locator(".row.gap .text").textContent()).toContain(
      "bytes missing here: the output exceeded its limit",
    );
    await page.locator(".row.gap + .row", { hasText: /line \d+ of/ }).waitFor();
    const rows = await rowsOf(page);
    for (const { number, text } of rows) {
      if (text.startsWith("line")) expect(text).toContain(`line ${number} of`);
    }
  });
});

describe("long lines", () => {
  it("are wrapped, and each of them is reached on the way from the end to the beginning", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 200, (line) => `line ${line} of many ${"word ".repeat((line * 37) % 40)}`);
    await producer.end();
    const page = await open(producer);
    await shows(page, "line 200 of");
    await page.keyboard.press("w");
    await until("it is wrapped", async () => (await page.locator(".log.wrap").count()) === 1);
    const seen = new Set<string>();
    await until("the beginning is there", async () => {
      for (const { number } of await rowsOf(page)) seen.add(number);
      await page.keyboard.press("PageUp");
      return seen.has("1");
    });
    expect(seen.size).toBe(200);
    expect(await page.locator(".log").evaluate((log) => log.scrollWidth <= log.clientWidth)).toBe(true);
  });

  it("have times on request", async () => {
    const producer = await producers.open();
    await producer.write("one\ntwo\n");
    const page = await open(producer);
    await shows(page, "two");
    const times = async () => (await page.locator(".row .time").allTextContents()).join("|");
    await page.keyboard.press("t");
    await until("elapsed", async () => /^\d+\.\d{3} s\|\d+\.\d{3} s$/.test(await times()));
    for (const clock of ["wall", "utc"]) {
      await page.keyboard.press("t");
      await until(clock, async () =>
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\|\d\d:\d\d:\d\d\.\d{3}$/.test(await times()),
      );
    }
    await page.keyboard.press("t");
    await until("between", async () => (await times()) === "|+0.000 s");
  });
});

describe("a hostile output", () => {
  it("runs nothing, opens no other page, and stays in its line", async () => {
    const producer = await producers.open();
    await producer.write(
      "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\n",
      "\x1b]8;;javascript:document.title='owned'\x07click\x1b]8;;\x07 javascript:alert(1)\n",
      "see https://example.com/path?a=1&b=2. and <https://example.org/>\n",
      `${"z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\r".repeat(20)}zalgo\n`,
      `${Array.from({ length: 3_000 }, (_, at) => `\x1b[38;5;${at % 256}m${at}`).join("")}\n`,
      "\x1b[999999999Cfar\x1b[999999999A\x1b[999999999B\n",
      "\u202Eright to left\n",
    );
    // A single line of ten megabytes.
    for (let at = 0; at < 40; at++)
      await producer.write("m".repeat(62_500), "m".repeat(62_500), "m".repeat(62_500), "m".repeat(62_500));
    await producer.write("\nlast\n");
    const page = await open(producer);
    await shows(page, "last");
    await page.keyboard.press("Home");
    await shows(page, "<img src=x onerror");
    const links = await page
      .locator(".log .text a")
      .evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]));
    const rel = "noopener noreferrer nofollow";
    expect(links).toEqual([
      ["https://example.com/path?a=1&b=2", rel],
      ["https://example.org/", rel],
    ]);
    expect(await page.title()).not.toContain("owned");
    expect(await page.locator(".log img, .log script").count()).toBe(0);
    expect(await elementCount(page)).toBeLessThan(3_000);
    // In one turn of the page, as a row that is drawn again has no height.
    const heights = await page.evaluate<number[]>(
      `Array.from(document.querySelectorAll(".row:not(.folded)"), (row) => row.getBoundingClientRect().height)`,
    );
    expect(new Set(heights)).toEqual(new Set([20]));
  });
});

describe("a download", () => {
  it.each([
    ["Original text", ".log", "\x1b[31mred\x1b[0m\nerror\n"],
    ["Text without escape sequences", ".txt", "red\nerror\n"],
  ])("%s is a file, also during the run", async (name, extension, text) => {
    const { id, read } = await download(name);
    expect(read.name).toBe(id + extension);
    expect(read.text).toBe(text);
  });

  it("NDJSON with timestamps is a file of the chunks and their ends, also during the run", async () => {
    const { id, read } = await download("NDJSON with timestamps");
    expect(read.name).toBe(`${id}.ndjson`);
    const [status, ...records] = read.text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(status).toMatchObject({ event: "status", status: "running" });
    expect(records).toEqual([
      { seq: 1, timestamp, output_type: "stdout", data: "\x1b[31mred\x1b[0m\n" },
      { seq: 2, timestamp, output_type: "stderr", data: "error\n" },
      { event: "up_to_date", last_seq: 2 },
    ]);
  });

  it("of lines with times is a file of the lines as they were printed", async () => {
    const { id, read } = await download("Lines with times");
    expect(read.name).toBe(`${id}.times.log`);
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
    expect(read.text).toMatch(new RegExp(`^${time} \x1b\\[31mred\x1b\\[0m\n${time} error\n$`));
  });

  it("of a large output is written to the file that the user chooses, as it comes", async () => {
    const producer = await producers.open();
    const batch = Array.from({ length: 15 }, () => `${"o".repeat(CHUNK_BYTES_MAX - 1)}\n`);
    for (let written = 0; written < 36; written++) await producer.write(...batch);
    await producer.end();
    const page = await open(producer);
    // A dialog cannot be used by a test. The first file is one that the browser refuses to write, the second one of its own.
    await page.evaluate(`globalThis.showSaveFilePicker = async () => ({
      createWritable: async () => { throw new DOMException("The file is not safe.", "AbortError"); },
    })`);
    await page.getByText("Download", { exact: true }).click();
    await page.getByRole("button", { name: "Original text" }).click();
    await page.getByText("The file is not safe").waitFor();
    await page.evaluate(`globalThis.showSaveFilePicker = async ({ suggestedName }) =>
      (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })`);
    await page.getByText("Download", { exact: true }).click();
    await page.getByRole("button", { name: "Original text" }).click();
    await page.getByText(`Downloaded ${producer.id}.log`).waitFor();
    const size = await page.evaluate(`(async () => {
      const folder = await navigator.storage.getDirectory();
      return (await (await folder.getFileHandle("${producer.id}.log")).getFile()).size;
    })()`);
    expect(size).toBe(36 * 15 * CHUNK_BYTES_MAX);
  });

  it("can be chosen by keyboard", async () => {
    const producer = await producers.open();
    await producer.write("one\n");
    const page = await open(producer);
    await page.locator(".menu > summary").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    expect(await page.locator(".menu").getAttribute("open")).toBeNull();
    await page.locator(".menu > summary:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowUp");
    const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    expect(file.suggestedFilename()).toBe(`${producer.id}.ndjson`);
    await page.locator(".menu:not([open]) > summary:focus").waitFor();
  });

  /** Downloads a small output that has not ended, by the button of this name. */
  async function download(name: string) {
    const producer = await producers.open();
    await producer.write("\x1b[31mred\x1b[0m\n", { type: "stderr", data: "error\n" });
    const page = await open(producer);
    await shows(page, "error");
    await page.getByText("Download", { exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    return {
      id: producer.id,
      read: { name: file.suggestedFilename(), text: Buffer.concat(chunks).toString() },
    };
  }
});
