/** Why the disk does not take or give something now; `code` is the system's name for it. */
export interface DiskFailure {
  code: string;
  /** The cause and the next step, for the folder that it is about. */
  text: string;
}

/** What the usual failures are called, and what mends each. All of them may pass without the agent being started again. */
const CAUSES: Record<string, (folder: string) => string> = {
  ENOSPC: (folder) => `the disk of ${folder} is full (ENOSPC): make room on it`,
  EDQUOT: (folder) => `the quota on the disk of ${folder} is used up (EDQUOT): make room on it, or raise it`,
  EFBIG: (folder) => `a file in ${folder} may not grow further (EFBIG): raise ulimit -f`,
  EROFS: (folder) => `the disk of ${folder} is read-only (EROFS): mount it for writing`,
  EIO: (folder) => `the disk of ${folder} fails (EIO): see the kernel's log, and replace it`,
  ESTALE: (folder) => `the server of the disk of ${folder} has lost it (ESTALE): mount it again`,
  ENODEV: (folder) => `the disk of ${folder} is gone (ENODEV): mount it again`,
  ENXIO: (folder) => `the disk of ${folder} is gone (ENXIO): mount it again`,
  ENOENT: (folder) => `${folder} was removed (ENOENT): nothing but the agent may change its state folder`,
  EACCES: (folder) => `the agent may not write to ${folder} (EACCES): give its user the folder`,
  EPERM: (folder) => `the agent may not write to ${folder} (EPERM): give its user the folder`,
  EMFILE: (folder) => `the agent has too many files open to use ${folder} (EMFILE): raise ulimit -n`,
  ENFILE: (folder) => `the host has too many files open to use ${folder} (ENFILE): raise fs.file-max`,
  ENOMEM: (folder) => `the host has no memory left to use ${folder} (ENOMEM): end what takes it`,
};

/** What the system answers to a wrong call: it says nothing about a disk. */
const WRONG_CALLS = ["EBADF", "EFAULT", "EINVAL"];

/** What an error says about the disk of a folder; undefined where it is about something else, as a bug is. */
export function diskFailure(error: unknown, folder: string): DiskFailure | undefined {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return undefined;
  const cause = CAUSES[error.code];
  if (cause) return { code: error.code, text: cause(folder) };
  if (!("syscall" in error) || WRONG_CALLS.includes(error.code)) return undefined;
  // There are as many failures as there are file systems.
  if (error.syscall !== "rm" && "errno" in error)
    return { code: error.code, text: `the disk of ${folder} fails (${error.code}): look at it` };
  if (error.syscall !== "rm") return undefined;
  // Node does not name every failure of removing a folder: a disk that is read-only has no code there.
  const why = error.message.replace(/^, /, "");
  return { code: "UNKNOWN", text: `${folder} cannot be removed (${why}): look at its disk` };
}

/** Does something on the disk of a folder; what the disk refuses is a value, and everything else is thrown. */
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

/** What the log says where a lease's folder cannot be removed. */
export function leftText({ text }: DiskFailure): string {
  return `what is left of it stays until the next start: ${text}`;
}
