import { type ComponentType, render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LockedWhy, PageProps } from "./frame/page-props.ts";
import { SignIn } from "./pages/sign-in.tsx";
import { whenAnswered } from "./server/asked-ahead.ts";
import { useRights } from "./server/rights.ts";
import { Session } from "./server/session.ts";
import { answerTabs, signInByTabs } from "./server/tabs.ts";

/** Draws a page once the early answers have come. Where the server refuses this visitor, the sign-in is in its place. */
export async function start(Page: ComponentType<PageProps>): Promise<void> {
  const session = new Session();
  await whenAnswered();
  const root = document.getElementById("app");
  if (root) render(<App session={session} Page={Page} />, root);
}

function App({ session, Page }: { session: Session; Page: ComponentType<PageProps> }) {
  const [locked, setLocked] = useState<LockedWhy>();
  useEffect(() => {
    // A link needs no sign-in.
    if (!session.is_guest) answerTabs(() => setLocked("signed_out"));
  }, []);
  const [rights, unanswered] = useRights(session);
  const is_asked = useRef(false);
  const onLocked = async () => {
    if (is_asked.current) return;
    is_asked.current = true;
    const why = session.forget();
    // Another tab may be signed in.
    if (why === "none" && !session.is_guest && (await signInByTabs())) location.reload();
    else setLocked(why);
  };
  if (locked) return <SignIn session={session} why={locked} />;
  return <Page session={session} rights={rights} unanswered={unanswered} onLocked={() => void onLocked()} />;
}
