import { Agent } from "./agent.ts";
import { log } from "./log.ts";
import { readSettings, type Settings, USAGE } from "./settings.ts";

if (process.argv.includes("-h") || process.argv.includes("--help")) {
  process.stdout.write(USAGE);
} else {
  await main();
}

async function main(): Promise<void> {
  let settings: Settings;
  let agent: Agent;
  try {
    settings = readSettings(process.argv.slice(2), process.env);
    agent = new Agent(settings, log);
  } catch (error) {
    process.stderr.write(
      `${error instanceof Error ? error.message : error}\nSee: node agent/main.ts --help\n`,
    );
    process.exitCode = 2;
    return;
  }
  let stopping = false;
  const stop = async () => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    await agent.stop();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  if (settings.stop_with_stdin) process.stdin.on("end", stop).resume();
  await agent.run();
}
