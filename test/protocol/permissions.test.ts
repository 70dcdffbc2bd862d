import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  byResource,
  eachGrant,
  type Grant,
  grantedActions,
  listedKeys,
  mayRun,
  mayRunAny,
  mayStop,
  PERMISSIONS,
  type Permission,
  permits,
  type Resource,
  uidOf,
} from "../../protocol/model/permissions.ts";

/** The permissions that each permission includes, as StackStorm's documentation says, with all indirect ones. */
const BRINGS: Partial<Record<Permission, Permission[]>> = {
  pack_all: [
    "pack_view",
    "action_all",
    "action_execute",
    "action_view",
    "execution_all",
    "execution_view",
    "execution_re_run",
    "execution_stop",
  ],
  action_all: [
    "action_execute",
    "action_view",
    "execution_all",
    "execution_view",
    "execution_re_run",
    "execution_stop",
  ],
  action_execute: ["action_view", "execution_view", "execution_re_run", "execution_stop"],
  action_view: ["execution_view"],
  execution_all: ["execution_view", "execution_re_run", "execution_stop"],
  key_value_pair_all: [
    "key_value_pair_set",
    "key_value_pair_delete",
    "key_value_pair_view",
    "key_value_pair_list",
  ],
  key_value_pair_set: ["key_value_pair_view", "key_value_pair_list"],
  key_value_pair_delete: ["key_value_pair_view", "key_value_pair_list"],
  key_value_pair_view: ["key_value_pair_list"],
};

const packs = fc.constantFrom("core", "core2", "examples");
const names = fc.constantFrom("local", "remote", "local.sh");
const refs = fc.tuple(packs, names).map(([pack, name]) => `${pack}.${name}`);
const pools = fc.constantFrom("default", "gpu");
const resources: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({ kind: fc.constant("pack" as const), ref: packs, pool: pools }),
  fc.record({ kind: fc.constant("key" as const), name: names }),
  fc.record({ kind: fc.constant("action" as const), action_ref: refs, pool: pools }),
  fc.record({
    kind: fc.constant("execution" as const),
    id: fc.constantFrom("e1", "e2"),
    action_ref: refs,
    pool: pools,
  }),
);
const permissions = fc.constantFrom(...PERMISSIONS);
const grants: fc.Arbitrary<Grant> = fc.record({
  resource_uid: fc.option(resources.map(uidOf)),
  permission: permissions,
  pool: fc.option(pools),
});
const manyGrants = fc.array(grants, { maxLength: 6 });

function user(...granted: Grant[]) {
  return { is_admin: false, grants: granted };
}

describe("a permission", () => {
  it.each(PERMISSIONS)("%s includes exactly what StackStorm says", (permission) => {
    const rights = user({ resource_uid: null, permission, pool: null });
    const brought = PERMISSIONS.filter((wanted) => permits(rights, wanted));
    expect(brought.sort()).toEqual([permission, ...(BRINGS[permission] ?? [])].sort());
  });

  it("needs a grant, except for an administrator", () => {
    fc.assert(
      fc.property(permissions, fc.option(resources, { nil: undefined }), (permission, resource) => {
        expect(permits(user(), permission, resource)).toBe(false);
        expect(permits({ is_admin: true, grants: [] }, permission, resource)).toBe(true);
      }),
    );
  });

  it("on a resource covers that resource and its parts only", () => {
    fc.assert(
      fc.property(resources, resources, permissions, (on, of, permission) => {
        const own = of.kind === "pack" || of.kind === "key" ? [uidOf(of)] : ownersOf(of);
        expect(permits(user({ resource_uid: uidOf(on), permission, pool: null }), permission, of)).toBe(
          own.includes(uidOf(on)),
        );
      }),
    );
  });

  it("in a pool covers that pool only", () => {
    fc.assert(
      fc.property(grants, pools, permissions, resources, (grant, pool, permission, of) => {
        const everywhere = permits(user({ ...grant, pool: null }), permission, of);
        const is_there = of.kind !== "key" && of.pool === pool;
        expect(permits(user({ ...grant, pool }), permission, of)).toBe(everywhere && is_there);
        expect(permits(user({ ...grant, pool }), permission)).toBe(false);
      }),
    );
  });

  it("is never taken away by another grant", () => {
    fc.assert(
      fc.property(manyGrants, grants, permissions, resources, (some, more, permission, resource) => {
        if (permits(user(...some), permission, resource))
          expect(permits(user(...some, more), permission, resource)).toBe(true);
      }),
    );
  });
});

describe("grants on the wire", () => {
  it("keep their meaning, with one entry for each resource, pool and permission", () => {
    fc.assert(
      fc.property(manyGrants, permissions, resources, (some, permission, resource) => {
        const wire = byResource(some);
        const uids = wire.map(({ resource_uid, pool }) => JSON.stringify([resource_uid, pool]));
        expect(new Set(uids).size).toBe(uids.length);
        const read = eachGrant(wire);
        expect(new Set(read.map((grant) => JSON.stringify(grant))).size).toBe(read.length);
        expect(permits(user(...read), permission, resource)).toBe(
          permits(user(...some), permission, resource),
        );
      }),
    );
  });
});

describe("the page's offer", () => {
  const execution = { id: "e1", action: { ref: "core.local" } };
  const rows: [Permission, string | null, { run: boolean; any: boolean; stop: boolean }][] = [
    ["execution_view", null, { run: false, any: false, stop: false }],
    ["execution_re_run", null, { run: false, any: false, stop: false }],
    ["execution_stop", "pack:core", { run: false, any: false, stop: true }],
    ["execution_stop", "pack:other", { run: false, any: false, stop: false }],
    ["action_execute", "action:core:local", { run: true, any: true, stop: true }],
    ["action_execute", "action:core:other", { run: false, any: true, stop: false }],
    ["pack_all", "pack:core", { run: true, any: true, stop: true }],
  ];
  it.each(rows)("with %s on %s is %j", (permission, resource_uid, offered) => {
    const rights = user({ resource_uid, permission, pool: null });
    expect({
      run: mayRun(rights, { ref: execution.action.ref, pool: "default" }),
      any: mayRunAny(rights),
      stop: mayStop(rights, execution),
    }).toEqual(offered);
  });

  it("lists each action that is granted by name once", () => {
    expect(
      grantedActions(
        user(
          { resource_uid: "action:core:local.sh", permission: "action_view", pool: null },
          { resource_uid: "action:core:local.sh", permission: "action_execute", pool: null },
          { resource_uid: "action:core:local.sh", permission: "action_execute", pool: "gpu" },
          { resource_uid: "pack:core", permission: "pack_all", pool: null },
          { resource_uid: null, permission: "action_execute", pool: null },
        ),
      ),
    ).toEqual([
      { ref: "core.local.sh", pool: null },
      { ref: "core.local.sh", pool: "gpu" },
    ]);
  });
});

function ownersOf(resource: Exclude<Resource, { kind: "pack" | "key" }>): string[] {
  const [pack = "", ...name] = resource.action_ref.split(".");
  return [uidOf(resource), `action:${pack}:${name.join(".")}`, `pack:${pack}`];
}

it("a grant in a pool covers no key", () => {
  const grant = { resource_uid: "key_value_pair:st2kv.system:a", permission: "key_value_pair_all" } as const;
  const rights = { is_admin: false, grants: [{ ...grant, pool: "gpu" }] };
  expect(permits(rights, "key_value_pair_list", { kind: "key", name: "a" })).toBe(false);
  expect(listedKeys(rights)).toEqual([]);
  expect(listedKeys({ is_admin: false, grants: [{ ...grant, pool: null }] })).toEqual(["a"]);
});
