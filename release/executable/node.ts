import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../cli/base/root.ts";

/** The hashes of the packages that contain Node, by processor. They change with the version in package.json. */
const INTEGRITY = {
  x64: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  arm64: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
};

export type Architecture = keyof typeof INTEGRITY;

/** The processors that an executable is made for, in Node's words. */
export const ARCHITECTURES: readonly Architecture[] = ["x64", "arm64"];

/** This host's processor. Throws for one that no executable is made for. */
export function hostArchitecture(): Architecture {
  const found = ARCHITECTURES.find((name) => name === process.arch);
  if (found === undefined) throw new Error(`no executable is made for ${process.arch}`);
  return found;
}

/** Node's file for a processor, and the file of its licence. */
export interface NodeFiles {
  program: string;
  licence: string;
}

interface Manifest {
  devDependencies: { node: string };
}

/** What npm says of a package that it has fetched. */
interface Packed {
  filename: string;
  integrity: string;
}

/** Unpacks the Node of `package.json` below a folder, from the package that npm installs too. npm keeps what it has fetched. */
export function fetchNode(architecture: Architecture, work: string): NodeFiles {
  const { devDependencies }: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const name = `node-linux-${architecture}@${devDependencies.node}`;
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  const told = execFileSync("npm", ["pack", name, "--prefer-offline", "--json", "--silent"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [{ filename, integrity }]: [Packed] = JSON.parse(told);
  if (integrity !== INTEGRITY[architecture])
    throw new Error(
      `${name} has another hash than release/executable/node.ts expects: ${integrity}. If package.json has another Node now, note its hash there.`,
    );
  const [program, licence] = ["package/bin/node", "package/LICENSE"];
  execFileSync("tar", ["--extract", "--file", filename, "--no-same-owner", program, licence], {
    cwd: folder,
  });
  return { program: join(folder, program), licence: join(folder, licence) };
}
