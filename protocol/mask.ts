/** What stands for a secret value, in documents and in output. */
export const MASK = "********";
