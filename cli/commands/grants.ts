/** Permissions on one resource, or on everything. */
interface Granted {
  resource_uid: string | null;
  permission_types: readonly string[];
  pool?: string;
}

/** The grants as text: a line for each resource. */
export function grantLines(grants: readonly Granted[]): string[] {
  return grants.map(
    ({ resource_uid, permission_types, pool }) =>
      `${permission_types.join(", ")} on ${resource_uid ?? "everything"}${pool === undefined ? "" : ` in the pool ${pool}`}`,
  );
}
