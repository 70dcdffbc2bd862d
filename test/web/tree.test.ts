import { expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { treeOf } from "../../web/pages/output/tree/tree.ts";

const HOSTS = 30_000;

/** What the tree reads of an execution. */
function execution(id: string, more: Partial<Execution>): Execution {
  const read = {
    id,
    status: "succeeded",
    parameters: {},
    context: {},
    action: { ref: "core.remote" },
    ...more,
  };
  return read as unknown as Execution;
}

it(`a run on ${HOSTS} hosts is named in time that grows with the hosts, not with their square`, {
  timeout: 10_000,
}, () => {
  const hosts = Array.from({ length: HOSTS }, (_, at) => `host-${at}`);
  const parent = execution("run", {
    children: hosts.map((host) => `id-${host}`),
    parameters: { hosts: hosts.join(",") },
  });
  const children = hosts.map((host) => execution(`id-${host}`, { parent: "run" }));
  expect(treeOf(parent, children).map(({ name }) => name)).toEqual(hosts);
});
