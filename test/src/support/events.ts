import type { FollowRecord } from "../../../protocol/wire/record.ts";

/** All records of a follow, up to its end. */
export async function readAll(records: AsyncIterable<FollowRecord>): Promise<FollowRecord[]> {
  const all: FollowRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

/** The chunks among records, as pairs of seq and data. */
export function dataOf(records: FollowRecord[]): [number, string][] {
  return records.flatMap((record) =>
    "seq" in record ? [[record.seq, record.data] as [number, string]] : [],
  );
}
