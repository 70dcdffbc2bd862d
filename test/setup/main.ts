// `npm test`: installs what the tests need and this machine lacks, then runs them with the arguments that remain.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { install, rootWords } from "./install.ts";
import { installCommand, missingPackages, programFolders } from "./needs.ts";

const ROOT = join(import.meta.dirname, "../..");
const NO_SETUP = "--no-setup";

const given = process.argv.slice(2);
const folders = programFolders();
if (!given.includes(NO_SETUP)) setUp();
if (canRun()) runTests(given.filter((argument) => argument !== NO_SETUP));
else process.exitCode = 1;

function setUp(): void {
  const packages = missingPackages(folders);
  if (packages.length === 0) return;
  const asRoot = rootWords(folders);
  if (asRoot === undefined) return;
  say(`Installing what the tests need: ${packages.join(", ")} (a minute or two; ${NO_SETUP} goes without)`);
  const failure = install(packages, asRoot);
  if (failure !== undefined) say(`${failure}\n\nThe packages could not be installed.`);
}

/** Without a missing program its tests are skipped, but CI requires all programs. */
function canRun(): boolean {
  if (process.env.CI !== "true") return true;
  const packages = missingPackages(folders);
  if (packages.length > 0) say(`Missing, and CI is set: ${installCommand(packages)}`);
  return packages.length === 0;
}

function runTests(args: string[]): void {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const tests = spawn(process.execPath, [vitest, "run", ...args], { cwd: ROOT, stdio: "inherit" });
  // Ctrl-C reaches the tests by itself, and they end in their own time.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => tests.kill("SIGTERM"));
  tests.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
