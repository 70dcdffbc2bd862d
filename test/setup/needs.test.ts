import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/world.ts";
import { findProgram, missingPackages, NEEDS, PACKAGES, programFolders } from "./needs.ts";

/** A folder of programs that end well, but for those that are named. */
function folderWithout(...left_out: string[]): string {
  const folder = scratch();
  for (const { programs } of Object.values(NEEDS))
    for (const program of programs) if (!left_out.includes(program)) put(folder, program, "exit 0");
  return folder;
}

function put(folder: string, program: string, line: string): void {
  writeFileSync(join(folder, program), `#!/bin/sh\n${line}\n`);
  chmodSync(join(folder, program), 0o755);
}

describe("what the tests need", () => {
  it("is all there where every program is", () => {
    expect(missingPackages([folderWithout()])).toEqual([]);
  });

  it("is every package where nothing is", () => {
    expect(missingPackages(["/no/such/folder"])).toEqual(PACKAGES);
  });

  it.each([
    ["sshd", ["openssh-server"]],
    ["ssh-keygen", ["openssh-client"]],
    ["flock", ["util-linux"]],
    ["python3", ["python3", "python3-venv"]],
  ])("lacks a package without %s", (program, packages) => {
    expect(missingPackages([folderWithout(program)])).toEqual(packages);
  });

  it("may be spread over several folders", () => {
    const other = scratch();
    put(other, "sshd", "exit 0");
    expect(missingPackages([folderWithout("sshd"), other])).toEqual([]);
  });

  it("lacks python3-venv where Python is there without its modules", () => {
    const folder = folderWithout();
    put(folder, "python3", 'test "$1" != -c');
    expect(missingPackages([folder])).toEqual(["python3-venv"]);
  });

  it("is not met by a folder or by a file that cannot be run", () => {
    const folder = folderWithout("sshd", "sudo");
    mkdirSync(join(folder, "sshd"));
    writeFileSync(join(folder, "sudo"), "");
    expect(missingPackages([folder])).toEqual(["openssh-server", "sudo"]);
  });

  it("is looked for on PATH, first to last, and then where a system's own programs are", () => {
    const [first, second] = [scratch(), scratch()];
    for (const folder of [first, second]) put(folder, "sshd", "exit 0");
    const folders = programFolders(`${first}:${second}`);
    expect(findProgram("sshd", folders)).toBe(join(first, "sshd"));
    expect(folders.slice(2)).toEqual(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
  });
});
