import { join, relative } from "node:path";
import { buildAgent } from "../../cli/local/agent-bundle.ts";
import { agentProgram } from "../../cli/local/agent-program.ts";
import { type Build, buildOnce, withBundler } from "../../cli/server/build-cache.ts";
import { ROOT } from "./scratch.ts";

/** The variables by which the processes of tests know the built programs. */
const COMMAND_LINE_VARIABLE = "TAILRACE_TEST_COMMAND_LINE";
const AGENT_VARIABLE = "TAILRACE_TEST_AGENT";

/** The programs as sources: each module is a file of its own. */
export const SOURCES = { command_line: join(ROOT, "cli/main.ts"), agent: join(ROOT, "agent/main.ts") };

/** The command line's program. Node can run it as it is. */
export const COMMAND_LINE = process.env[COMMAND_LINE_VARIABLE] ?? SOURCES.command_line;

/** The agent's program. */
export const AGENT = process.env[AGENT_VARIABLE] ?? SOURCES.agent;

/**
 * Bundles the programs that tests start hundreds of times, as a released package has them: a bundle starts in half of the processor time
 * that the sources take. What has not changed is not built again.
 */
export async function buildPrograms(): Promise<void> {
  const [command_line, agent] = await Promise.all([buildOnce("command-line", bundle), buildAgent()]);
  process.env[COMMAND_LINE_VARIABLE] = command_line.file ?? SOURCES.command_line;
  const folder = join(ROOT, "node_modules/.cache/built-agent");
  process.env[AGENT_VARIABLE] = agentProgram(folder, agent.text).at(-1) ?? SOURCES.agent;
}

/** The bundle's name for the folder of `cli/base/root.ts`. */
const BASE_FOLDER = "TAILRACE_BASE_FOLDER";

/** Some of the libraries are CommonJS and require Node's modules. */
const BANNER = `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url);
const ${BASE_FOLDER} = ${JSON.stringify(join(ROOT, "cli/base"))};`;

async function bundle(): Promise<Build> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: [SOURCES.command_line],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      target: "node22",
      define: { "import.meta.dirname": BASE_FOLDER },
      banner: { js: BANNER },
      plugins: [
        {
          name: "build from sources",
          setup: (build) =>
            build.onResolve({ filter: /\/build-programs\.ts$/ }, () => ({
              path: join(ROOT, "cli/local/build-programs.ts"),
              external: true,
            })),
        },
      ],
      logLevel: "silent",
    }),
  );
  const inputs = [relative(ROOT, import.meta.filename), ...Object.keys(metafile.inputs)];
  // A line for the shell would have to be the first, and a kept build has another there.
  return { text: (outputFiles[0]?.text ?? "").replace(/^#!.*\n/, ""), inputs };
}
