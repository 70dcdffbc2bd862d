/** What is still against the rules. The lists are exact: an entry that is mended must go. */
export const OPEN: {
  circles_of_files: string[][];
  circles_of_folders: string[][];
  upward: Record<string, string[]>;
  long_files: string[];
} = {
  circles_of_files: [["agent/spool/held.ts", "agent/spool/spool.ts"]],
  circles_of_folders: [
    [
      "agent",
      "agent/disk",
      "agent/packs",
      "agent/process",
      "agent/runners",
      "agent/spool",
      "agent/ssh",
      "agent/templates",
    ],
  ],
  upward: {},
  long_files: [
    "agent/leases.ts",
    "agent/spool/spool.ts",
    "protocol/base/limits.ts",
    "protocol/client/client.ts",
    "protocol/schema/check.ts",
    "src/execution/log/followers.ts",
  ],
};
