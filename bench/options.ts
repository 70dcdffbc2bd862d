import { parseArgs } from "node:util";

const USAGE = `Usage: npm run bench -- [options]

  --rounds N      rounds; each measures the systems one after another (3)
  --quick         one round, shorter
  --only TEXT     only figures whose name contains one of these, comma separated
  --executions N  executions in the figure "index" (100000)
  --followers N   followers in the figure "relays" (12000)
  --peers         also Nchan and Durable Streams, where they are installed, and only what all can do
  --noisy         take each sample once, without a wait for a calm machine
  --json FILE     also write the figures to a file, after each sample
  --publish       with --peers: also write them to bench/results/ and into docs/benchmarks.md

Examples:
  npm run bench -- --quick
  npm run bench -- --only ingest,replay --json figures.json
  npm run bench -- --peers --rounds 5 --publish
  node bench/publish.ts bench/results/peers.json
`;

/** What a run was asked for. */
export interface Options {
  rounds: number;
  quick: boolean;
  /** Parts of the names of the wanted figures; none wants all. */
  only: string[];
  /** Executions in the figure of the index. */
  executions: number;
  /** Followers in the figure of the relays. */
  followers: number;
  peers: boolean;
  noisy: boolean;
  json: string | undefined;
  publish: boolean;
}

/** Reads the command line; prints the help and ends if that is asked for. */
export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      executions: { type: "string", default: "100000" },
      followers: { type: "string", default: "12000" },
      peers: { type: "boolean", default: false },
      noisy: { type: "boolean", default: false },
      json: { type: "string" },
      publish: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const rounds = values.quick ? 1 : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) fail("--rounds takes a whole number from 1 on.");
  if (values.publish && !values.peers)
    fail("--publish needs --peers: the document shows the systems side by side.");
  return {
    rounds,
    quick: values.quick,
    only: values.only.split(",").filter((text) => text !== ""),
    executions: Number(values.executions),
    followers: Number(values.followers),
    peers: values.peers,
    noisy: values.noisy,
    json: values.json,
    publish: values.publish,
  };
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
