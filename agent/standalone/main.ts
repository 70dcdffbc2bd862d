import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAsset, getRawAsset } from "node:sea";
import { pathToFileURL } from "node:url";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import { readSettings } from "../settings/settings.ts";
import { answerTo } from "../settings/usage.ts";
import { makeFolder } from "../state/make-folder.ts";
import { NotUnpacked, type PackedFile, removeOthers, unpack } from "./unpack.ts";

/** The agent's program in its folder. */
const PROGRAM = "built/agent.mjs";

/**
 * The main program of the single executable file: it unpacks the agent into the state folder and runs it there. What needs no agent it
 * answers itself.
 */
const args = process.argv.slice(2);
const answer = answerTo(args);
if (answer !== undefined) process.stdout.write(answer);
else start();

function start(): void {
  let folder: string;
  try {
    folder = args[0] === "read-packs" ? unpackForOnce() : unpackForState();
  } catch (error) {
    // A full disk may have room later; wrong settings stay wrong.
    const isLasting = !(error instanceof NotUnpacked);
    const hint = isLasting ? " See: tailrace-agent --help" : "";
    process.stderr.write(`${openSentence(failureText(error))}.${hint}\n`);
    process.exitCode = isLasting ? 2 : 1;
    return;
  }
  void import(pathToFileURL(join(folder, PROGRAM)).href);
}

function unpackForState(): string {
  const { state } = readSettings(args, process.env);
  makeFolder(state);
  const folder = unpack(state, packedFiles());
  // Only an agent that had the state folder for itself ends with success.
  process.once("exit", (code) => {
    if (code === 0) removeOthers(state, folder);
  });
  return folder;
}

/** Without a state folder: the files are removed at the end. */
function unpackForOnce(): string {
  const place = mkdtempSync(join(tmpdir(), "tailrace-"));
  process.once("exit", () => rmSync(place, { recursive: true, force: true }));
  return unpack(place, packedFiles());
}

/** The list of the files is an asset, and each file is one. */
function packedFiles(): PackedFile[] {
  const list: Omit<PackedFile, "bytes">[] = JSON.parse(getAsset("files", "utf8"));
  return list.map(({ name, mode }) => ({ name, mode, bytes: new Uint8Array(getRawAsset(name)) }));
}
