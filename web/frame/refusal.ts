import { type ErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import { isTransient } from "../../protocol/client/client.ts";
import { grouped } from "../base/grouped.ts";
import { momentText } from "../base/time.ts";

/** Why a page cannot show what its address names, and what the reader can do. */
export interface Refusal {
  title: string;
  text: string;
}

/** What a page shows. */
export type Subject = "execution" | "list" | "action";

const MISSING: readonly ErrorCode[] = ["execution_not_found", "action_not_found", "not_found"];

/** The page in place of a subject that cannot be read. */
export function refusalOf(error: unknown, subject: Subject): Refusal {
  if (isTransient(error)) {
    const text = `${failureText(error)} This page tries again by itself: look at the network, and whether the server runs.`;
    return { title: "The server does not answer", text };
  }
  if (!(error instanceof TailraceError)) return { title: "This cannot be shown", text: failureText(error) };
  if (error.code === "expired") return expired(error);
  if (error.code === "forbidden")
    return {
      title: "You may not see this",
      text: `${openSentence(error.message)}. An administrator can give you a role with this permission, or you sign in as another user.`,
    };
  if (MISSING.includes(error.code)) return missing(subject);
  return { title: "This cannot be shown", text: failureText(error) };
}

function missing(subject: Subject): Refusal {
  if (subject === "execution")
    return {
      title: "This execution does not exist",
      text: "Its id may be mistyped, or its time was over and it was deleted.",
    };
  return {
    title: "This action does not exist",
    text: "Its name may be mistyped, or no pool offers it any more.",
  };
}

function expired({ tombstone }: TailraceError): Refusal {
  const title = "The output has expired";
  if (!tombstone)
    return { title, text: "It was deleted. The details still have parameters, result and status." };
  const { bytes, expired } = tombstone;
  const size = grouped(bytes.stdout + bytes.stderr + bytes.other);
  return {
    title,
    text: `Its ${size} bytes were deleted at ${momentText(expired)}, as its retention time says. The details still have parameters, result and status.`,
  };
}
