/** Makes the pictures of docs/pictures: each page in both themes, and in the width of a phone. `node test/web/pictures.ts` */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT, scratch, startWorld } from "../support/world.ts";
import { launchBrowser, openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";

const FOLDER = join(ROOT, "docs/pictures");
const ACTION = `name: deploy
runner_type: local-shell-script
description: Rolls a version out, service by service.
entry_point: deploy.sh
parameters:
  version: { type: string, description: What to roll out., required: true, position: 0 }
  target: { type: string, description: Where to., default: staging, enum: [staging, production], position: 1 }
`;
const SCRIPT = `#!/bin/bash
printf '\\033[1mdeploy %s to %s\\033[0m\\n' "$1" "$2"
services=(api worker scheduler gateway)
for at in $(seq 1 400); do
  service=\${services[$((at % 4))]}
  printf '\\033[2m[%03d/400]\\033[0m \\033[36m%s\\033[0m pulled image \\033[38;5;67mregistry/%s:%s\\033[0m\\n' $at $service $service $1
  if [ $((at % 97)) = 0 ]; then printf '\\033[1;31mFAILED\\033[0m health check of %s, try again\\n' $service; fi
  if [ $((at % 40)) = 0 ]; then sleep 0.05; printf '\\033[33mwarning\\033[0m: %s answers slowly, see https://status.example.com/%s\\n' $service $service >&2; sleep 0.05; fi
done
echo
for done in $(seq 0 5 100); do
  bar=$(printf '━%.0s' $(seq 0 $((done / 5))))
  printf '\\033[1A\\033[2K\\rrollout \\033[32m%s\\033[0m %d%%\\n' $bar $done
  sleep 0.02
done
printf '\\033[1;32mdone\\033[0m in 41 s: 4 services, 0 restarts\\n'
`;

const pack = join(scratch(), "shop");
mkdirSync(join(pack, "actions"), { recursive: true });
writeFileSync(
  join(pack, "pack.yaml"),
  "ref: shop\nname: shop\ndescription: The shop.\nversion: 1.0.0\nauthor: Ann\nemail: ann@example.com\n",
);
writeFileSync(join(pack, "actions/deploy.yaml"), ACTION);
writeFileSync(join(pack, "actions/deploy.sh"), SCRIPT, { mode: 0o755 });

const world = await startWorld({ agentArgs: ["--packs", pack] });
const browser = await launchBrowser();
mkdirSync(FOLDER, { recursive: true });
try {
  // The pictures show the command, so it is a plausible one.
  const { id } = await world.client.create({
    action: "shop.deploy",
    parameters: { version: "4.12.0", target: "production" },
  });
  for await (const record of world.client.follow(id)) if ("event" in record && record.event === "end") break;
  // A list of a day's work.
  for (const [version, target] of [
    ["4.11.2", "production"],
    ["4.12.0", "staging"],
  ])
    await world.client.create({ action: "shop.deploy", parameters: { version, target } });
  await world.client.create({ action: "core.local", parameters: { cmd: "test -e /var/backups/today.tar" } });
  await world.client.create({
    action: "core.local",
    parameters: { cmd: "df -h /" },
  });
  await world.client.create({ action: "examples.count", parameters: { count: 40, sleep_delay: 0 } });
  const build = "for part in $(seq 1 60); do echo cc part-$part.c; done";
  const { id: failed } = await world.client.create({
    action: "core.local",
    parameters: { cmd: `${build}; echo "part-61.c:3:5: error: expected ';' before 'return'" >&2; exit 2` },
  });
  await world.client.create({ action: "core.local", parameters: { cmd: "sleep 600" } });
  const pages: [string, string, (page: Page) => Promise<void>][] = [
    [
      "list",
      "/",
      async (page) => {
        await page.locator("tbody .status.running").waitFor();
        await page.getByRole("button", { name: /^1 running longest \d/ }).waitFor();
        await page.getByRole("button", { name: /^[1-9]\d* failed last one/ }).waitFor();
        await page
          .locator("tr.running")
          .getByText(/bytes$/)
          .waitFor();
      },
    ],
    [
      "run",
      "/run/shop.deploy",
      async (page) => page.getByRole("button", { name: "Run", exact: true }).waitFor(),
    ],
    [
      "output",
      `/executions/${id}`,
      async (page) => {
        await shows(page, "done in 41 s");
        await stands(page, /^complete/);
      },
    ],
    [
      "failed",
      `/executions/${failed}`,
      async (page) => {
        await stands(page, /^complete/);
        await page.getByRole("button", { name: "First error" }).click();
        await page.getByText("Error 1 of 1").waitFor({ state: "attached" });
        await page.getByText("Error 1 of 1").waitFor({ state: "detached" });
      },
    ],
    [
      "search",
      `/executions/${id}`,
      async (page) => {
        await shows(page, "done in 41 s");
        await stands(page, /^complete/);
        await page.keyboard.press("Control+f");
        await page.keyboard.type("warning");
        await page.getByText("10 found").waitFor();
        await page.keyboard.press("Shift+Enter");
        await page.getByText("10 of 10").waitFor();
        await page.locator(".log").focus();
        await page.keyboard.press("d");
      },
    ],
    [
      "keys",
      `/executions/${id}`,
      async (page) => {
        await shows(page, "done in 41 s");
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
      },
    ],
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [width, viewport] of [
      ["", { width: 1280, height: 760 }],
      ["-phone", { width: 390, height: 780 }],
    ] as const) {
      for (const [name, path, ready] of pages) {
        const { page, close, errors } = await openTab(browser, world.server.url, path, {
          key: world.server.apiKey,
          colorScheme,
          viewport,
        });
        await ready(page);
        await page.screenshot({
          path: join(FOLDER, `${name}${width}-${colorScheme}.png`),
          animations: "disabled",
        });
        await close();
        if (errors.length > 0) throw new Error(errors.join("\n"));
      }
      const sign_in = await openTab(browser, world.server.url, "/", { colorScheme, viewport });
      await sign_in.page.getByLabel("API key").waitFor();
      await sign_in.page.screenshot({ path: join(FOLDER, `sign-in${width}-${colorScheme}.png`) });
      await sign_in.close();
    }
  }
} finally {
  await browser.close();
  await world.stop();
}
process.exit(0);
