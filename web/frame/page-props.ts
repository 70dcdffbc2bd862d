import type { Rights } from "../../protocol/model/permissions.ts";
import type { Session } from "../server/session.ts";

/** What every page is given: who is here, what they may do as far as it is known, and what to do where they may not come in. */
export interface PageProps {
  session: Session;
  rights: Rights | undefined;
  onLocked: () => void;
}
