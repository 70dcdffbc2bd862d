import type { ErrorCode } from "../../protocol/base/errors.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import type { Region } from "./region.ts";

/** What an object passes to one of its relays. */
export interface Feed {
  /** All up to this sequence number has been confirmed to the object's present instance; 0 if it does not know. */
  confirmed: number;
  /** The lines after this sequence number, up to `last_seq`. There may be none. */
  after: number;
  lines: string;
  last_seq: number;
  /** Control records, each with the end of the log when it was sent. */
  events: { at: number; event: ControlEvent }[];
  /** Texts are being removed from the output: the relay forgets the lines that it holds. */
  forget: boolean;
  /** The output cannot be read any more. */
  dismissal?: { code: ErrorCode; text: string };
}

/** A relay's answer: its last sequence number and its number of followers; or that it has no followers and has forgotten all. */
export type Fed = { kind: "fed"; last_seq: number; followers: number } | { kind: "gone" };

/** What a relay has: its last sequence number and the status that its followers have; undefined for what it does not know. */
export interface Place {
  last_seq: number | undefined;
  status: ControlEvent | undefined;
}

/** The answer to a relay that wants to be fed: the end of the log and the status, or why there is nothing to relay. */
export type Attached =
  | { kind: "attached"; last_seq: number; status: ControlEvent | undefined }
  | { kind: "refused"; code: Extract<ErrorCode, "execution_not_found" | "expired">; text: string };

/** The methods of an object that feeds relays: an execution or a relay. */
export interface Feeder {
  /** A relay wants everything after what it has, or after the end of the log. Safe to repeat. */
  attach(relay: string, last_seq: number | undefined, status?: ControlEvent): Promise<Attached>;
  /** A relay has no followers any more. */
  detach(relay: string): Promise<void>;
}

/** The methods of a relay's object. */
export interface RelayStub extends Feeder {
  /** Connects a follower, or names a further relay, as an execution does. */
  fetch(request: Request): Promise<Response>;
  /** Takes output and control records. Safe to repeat. */
  feed(feed: Feed): Promise<Fed>;
  drop(credential: string): Promise<void>;
  openOf(credential: string): Promise<number>;
}

/** The header, only between our own objects, with the name of the relay that a follower goes to. */
const RELAY_HEADER = "x-tailrace-relay";

/** The answer of an object that sends a follower to a relay. */
export function relayAnswer(name: string): Response {
  return new Response(null, { status: 307, headers: { [RELAY_HEADER]: name } });
}

/** The relay that an answer names. */
export function relayOf(answer: Response): string | undefined {
  return answer.headers.get(RELAY_HEADER) ?? undefined;
}

/**
 * The name of a relay: its execution, its region, and its number among those of its feeder; for a relay of a relay, the feeder's name
 * and a number.
 */
export function relayName(feeder: string, region: Region, number: number): string {
  return feeder.includes("/") ? `${feeder}/${number}` : `${feeder}/${region}/${number}`;
}

/** What a name says. `level` 1 is fed by the execution. */
export function readRelayName(name: string): {
  execution_id: string;
  region: Region;
  level: number;
  feeder: string;
} {
  const [execution_id = "", region, ...numbers] = name.split("/");
  const level = numbers.length;
  const feeder = level === 1 ? execution_id : name.slice(0, name.lastIndexOf("/"));
  return { execution_id, region: region as Region, level, feeder };
}

/** The object of a relay. The platform makes it in its region. */
export function relayStub(env: Env, name: string): RelayStub {
  const { region } = readRelayName(name);
  const options = region === "any" ? {} : { locationHint: region };
  return env.RELAY.getByName(name, options) as unknown as RelayStub;
}
