/** A process as Linux describes it in `/proc/PID/stat`. The agent and the command line read the file: `protocol/` reads none. */
export interface ProcessStat {
  name: string;
  /** False for a zombie, which has ended and only waits for its parent. */
  is_alive: boolean;
  parent_pid: number;
  pgid: number;
  /** Clock ticks from boot to the start of the process. Together with the pid, they identify a process. */
  start_ticks: number;
}

export function readProcessStat(text: string): ProcessStat {
  // The name stands in parentheses and may contain any character, so the fields begin after the last one.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    is_alive: fields[0] !== "Z" && fields[0] !== "X",
    parent_pid: Number(fields[1]),
    pgid: Number(fields[2]),
    start_ticks: Number(fields[19]),
  };
}
