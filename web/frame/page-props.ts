import type { Rights } from "../../protocol/model/permissions.ts";
import type { Session } from "../server/session.ts";

/** Why a visitor has to sign in: no credential, one that the server refuses, or a sign-out in another tab. */
export type LockedWhy = "none" | "refused" | "signed_out";

/** The props of every page: the session, the visitor's rights once they are known, and a callback for a refused visitor. */
export interface PageProps {
  session: Session;
  rights: Rights | undefined;
  onLocked: () => void;
}
