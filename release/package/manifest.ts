import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../cli/base/root.ts";

/** The oldest Node that runs the package: the first 22 in which a program can take the place of another (`process.execve`). */
const NODE_MIN = "22.15.0";

/** The command, in the package. */
export const PROGRAM = "bin/tailrace.cjs";

/** The manual page, in the package. A global installation puts it where man finds it. */
export const MAN_PAGE = "man/tailrace.1";

/** The fields of the checkout's package.json that the package has too. */
interface Manifest {
  name: string;
  description: string;
  license: string;
  dependencies: Record<string, string>;
}

/** The packages that cannot be bundled: the engine is a program of its own for each system. */
export const RUNTIME_PACKAGES = ["workerd"];

/** The package.json of the package. */
export function packageJson(version: string): string {
  const { name, description, license, dependencies }: Manifest = JSON.parse(
    readFileSync(join(ROOT, "package.json"), "utf8"),
  );
  const manifest = {
    name,
    version,
    description,
    license,
    type: "module",
    bin: { tailrace: PROGRAM },
    man: [MAN_PAGE],
    engines: { node: `>=${NODE_MIN}` },
    dependencies: Object.fromEntries(RUNTIME_PACKAGES.map((name) => [name, dependencies[name]])),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
