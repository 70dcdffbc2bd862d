/** What is still against the rules. The lists are exact: an entry that is mended must go. */
export const OPEN: {
  circles_of_files: string[][];
  circles_of_folders: string[][];
  upward: Record<string, string[]>;
  long_files: string[];
} = {
  circles_of_files: [],
  circles_of_folders: [],
  upward: {},
  long_files: ["protocol/client/client.ts", "protocol/schema/check.ts", "src/execution/log/followers.ts"],
};
