import { describe, expect, it } from "vitest";
import { readProcessStat } from "../../protocol/base/process-stat.ts";

const FIELDS = "S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 200";

describe("a line of /proc/PID/stat", () => {
  it("has the name, the parent, the group and the start", () => {
    expect(readProcessStat(`99 (workerd) ${FIELDS}\n`)).toEqual({
      name: "workerd",
      is_alive: true,
      parent_pid: 7,
      pgid: 42,
      start_ticks: 123456,
    });
  });

  it("may have a name with parentheses and spaces", () => {
    const stat = readProcessStat(`99 (a) S 1 (b) ${FIELDS}\n`);
    expect(stat).toMatchObject({ name: "a) S 1 (b", parent_pid: 7, pgid: 42 });
  });

  it.each(["Z", "X"])("counts a process in the state %s as ended", (state) => {
    expect(readProcessStat(`99 (sh) ${FIELDS.replace("S", state)}`).is_alive).toBe(false);
  });
});
