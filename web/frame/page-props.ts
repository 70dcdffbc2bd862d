import type { Rights } from "../../protocol/model/permissions.ts";
import type { Session } from "../server/session.ts";

/** Why a visitor has to sign in: no credential, one that the server refuses, or a sign-out in another tab. */
export type LockedWhy = "none" | "refused" | "signed_out";

/** The props of every page. `onLocked` is called for a visitor that the server refuses. */
export interface PageProps {
  session: Session;
  /** The visitor's rights, once they are known. */
  rights: Rights | undefined;
  /** Why they are not known yet, if the server does not answer. */
  unanswered: unknown;
  onLocked: () => void;
}
