import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { href } from "../server/paths.ts";
import { type Session, signOut } from "../server/session.ts";
import { refusalOf, type Subject } from "./refusal.ts";
import { RequestId } from "./request-id.tsx";

interface RefusedProps {
  session: Session;
  error: unknown;
  subject: Subject;
  /** Further controls, such as a button that opens the details. */
  children?: ComponentChildren;
}

/** In place of what cannot be shown: what happened, and what the reader can do. */
export function Refused({ session, error, subject, children }: RefusedProps) {
  const { title, text } = refusalOf(error, subject);
  useEffect(() => {
    const [before, ours] = [document.title, `${title} · Tailrace`];
    document.title = ours;
    return () => {
      // The page may have got a title of its own since.
      if (document.title === ours) document.title = before;
    };
  }, [title]);
  return (
    <section class="refused" role="alert">
      <h1 class="bad">{title}</h1>
      <p>{text}</p>
      <RequestId error={error} />
      <div class="refused-next">
        {children}
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
        {!session.is_guest && subject !== "list" && (
          <a class="button" href={href(subject === "action" ? "/run" : "/")}>
            {subject === "action" ? "All actions" : "All executions"}
          </a>
        )}
        {!session.is_guest && (
          <button type="button" onClick={() => void signOut(session)}>
            Sign in as another user
          </button>
        )}
      </div>
    </section>
  );
}
