/** Why the disk refused to write or read; `code` is the system's name for it. */
export interface DiskFailure {
  code: string;
  /** The cause and the next step. */
  text: string;
}

/** The usual failures in words, with what to do. Each may end without a restart of the agent. */
const CAUSES: Record<string, (folder: string) => string> = {
  ENOSPC: (folder) => `the disk of ${folder} is full (ENOSPC): make room on it`,
  EDQUOT: (folder) => `the quota on the disk of ${folder} is used up (EDQUOT): make room on it, or raise it`,
  EFBIG: (folder) => `a file in ${folder} may not grow further (EFBIG): raise ulimit -f`,
  EROFS: (folder) => `the disk of ${folder} is read-only (EROFS): mount it for writing`,
  EIO: (folder) => `the disk of ${folder} fails (EIO): see the kernel's log, and replace it`,
  ESTALE: (folder) => `the server of the disk of ${folder} has lost it (ESTALE): mount it again`,
  ENODEV: (folder) => `the disk of ${folder} is gone (ENODEV): mount it again`,
  ENXIO: (folder) => `the disk of ${folder} is gone (ENXIO): mount it again`,
  ENOENT: (folder) => `${folder} was removed (ENOENT): only the agent may change its state folder`,
  EACCES: (folder) => `the agent may not write to ${folder} (EACCES): make its user the folder's owner`,
  EPERM: (folder) => `the agent may not write to ${folder} (EPERM): make its user the folder's owner`,
  EMFILE: (folder) => `the agent has too many files open to use ${folder} (EMFILE): raise ulimit -n`,
  ENFILE: (folder) => `the host has too many files open to use ${folder} (ENFILE): raise fs.file-max`,
  ENOMEM: (folder) => `the host has no memory left to use ${folder} (ENOMEM): end the programs that use it`,
};

/** The codes of a wrong system call, which say nothing about a disk. */
const WRONG_CALLS = ["EBADF", "EFAULT", "EINVAL"];

/** An error as a failure of a folder's disk; undefined if it is about something else, such as a bug. */
export function diskFailure(error: unknown, folder: string): DiskFailure | undefined {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return undefined;
  const cause = CAUSES[error.code];
  if (cause) return { code: error.code, text: cause(folder) };
  if (!("syscall" in error) || WRONG_CALLS.includes(error.code)) return undefined;
  // Any other code: file systems have failures of their own.
  if (error.syscall !== "rm" && "errno" in error)
    return { code: error.code, text: `the disk of ${folder} fails (${error.code}): check it` };
  if (error.syscall !== "rm") return undefined;
  // Node gives no code for some failures of removing a folder, such as a read-only disk.
  const why = error.message.replace(/^, /, "");
  return { code: "UNKNOWN", text: `${folder} cannot be removed (${why}): check its disk` };
}

/** Does something on a folder's disk. Returns a failure of the disk, and throws every other error. */
export function tryDisk(folder: string, act: () => void): DiskFailure | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const failure = diskFailure(error, folder);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** The log's text for a lease's folder that cannot be removed. */
export function leftText({ text }: DiskFailure): string {
  return `its folder stays until the next start: ${text}`;
}
