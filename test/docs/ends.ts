/** The tests of each row in "What an agent's end does", by the file below `test/` and their titles. */
export const ENDS: Record<string, Record<string, string[]>> = {
  "the agent gets SIGTERM or Ctrl-C": {
    "journey/drain.test.ts": [
      "lets its runs end, gives new work to other agents, and says what it waits for",
    ],
    "cli/local.test.ts": ["lets runs end at %s, and stores their whole output"],
  },
  "`tailrace agent drain ID`": {
    "src/drain.test.ts": [
      "keeps what it runs, and gets nothing new until it resumes, also after the pool's object was evicted",
    ],
    "journey/drain.test.ts": ["drains and resumes an agent, and lists show it"],
  },
  "a second SIGTERM, or `--drain-timeout` is over": {
    "journey/drain.test.ts": [
      "twice ends its runs: they are abandoned, with all output that they have written",
      "waits no longer than its drain timeout",
    ],
  },
  "the agent is killed, and starts again": {
    "journey/faults.test.ts": [
      "delivers its spooled output once, ends the rest of the process, and reports the execution as abandoned",
    ],
  },
  "the agent is killed after the program has ended, and starts again": {
    "journey/faults.test.ts": ["ends an execution whose process had ended with that process's outcome"],
  },
  "the agent's host crashes": {
    "journey/host-crash.test.ts": [
      "leaves a gap behind all output on the server, if the disk has lost more than the unsent part",
      "leaves a gap behind the remaining output on its disk, if that is more than the server has",
    ],
  },
  "the agent stays away for longer than `LEASE_GRACE_SECONDS` (120)": {
    "src/grace.test.ts": [
      "is abandoned within $grace s of grace and 20 s, and not before (watched: $watched)",
    ],
    "journey/handover.test.ts": ["loses its watched execution within a grace time of 5 seconds and 20 more"],
  },
  "the network is broken for less than that": {
    "journey/faults.test.ts": ["of 30 seconds between agent and server loses and doubles nothing"],
  },
  "the network is broken for longer than that": {
    "journey/faults.test.ts": [
      "that is longer than the grace time ends the run with a gap, and the program once the agent is back",
    ],
  },
  "the server is restarted": {
    "journey/faults.test.ts": ["that is restarted during a run continues with its agent and its followers"],
  },
  "the agent is revoked": {
    "src/agents.test.ts": ["loses its socket, its secret and the leases that it has begun at once"],
    "journey/agents.test.ts": [
      "that is revoked during a run ends the run with its processes, and the agent registers again with its key",
    ],
  },
};
