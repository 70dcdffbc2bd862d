import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/world.ts";
import { findProgram, missingPackages, NEEDS, PACKAGES, programFolders } from "./needs.ts";

/** A folder of programs that succeed, without the named ones. */
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

describe("the packages that the tests need", () => {
  it("are complete if every program is found", () => {
    expect(missingPackages([folderWithout()])).toEqual([]);
  });

  it("are all missing if no program is found", () => {
    expect(missingPackages(["/no/such/folder"])).toEqual(PACKAGES);
  });

  it.each([
    ["sshd", ["openssh-server"]],
    ["ssh-keygen", ["openssh-client"]],
    ["flock", ["util-linux"]],
    ["python3", ["python3", "python3-venv"]],
  ])("lack a package without %s", (program, packages) => {
    expect(missingPackages([folderWithout(program)])).toEqual(packages);
  });

  it("may have another program instead", () => {
    const folder = folderWithout("chromium-headless-shell");
    expect(missingPackages([folder])).toEqual(["chromium-headless-shell"]);
    put(folder, "chromium", "exit 0");
    expect(missingPackages([folder])).toEqual([]);
  });

  it("may be spread over several folders", () => {
    const other = scratch();
    put(other, "sshd", "exit 0");
    expect(missingPackages([folderWithout("sshd"), other])).toEqual([]);
  });

  it("lack python3-venv if Python has no modules for it", () => {
    const folder = folderWithout();
    put(folder, "python3", 'test "$1" != -c');
    expect(missingPackages([folder])).toEqual(["python3-venv"]);
  });

  it("are not found in a folder of that name or in a file that cannot be run", () => {
    const folder = folderWithout("sshd", "sudo");
    mkdirSync(join(folder, "sshd"));
    writeFileSync(join(folder, "sudo"), "");
    expect(missingPackages([folder])).toEqual(["openssh-server", "sudo"]);
  });

  it("are looked for on PATH in its order, and then in the system's own folders", () => {
    const [first, second] = [scratch(), scratch()];
    for (const folder of [first, second]) put(folder, "sshd", "exit 0");
    const folders = programFolders(`${first}:${second}`);
    expect(findProgram("sshd", folders)).toBe(join(first, "sshd"));
    expect(folders.slice(2)).toEqual(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
  });
});
