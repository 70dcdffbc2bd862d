import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LockedWhy } from "./frame/page-props.ts";
import { ListPage } from "./pages/list.tsx";
import { OutputPage } from "./pages/output.tsx";
import { RunPage } from "./pages/run.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { whenAnswered } from "./server/asked-ahead.ts";
import { executionOf, pathOf } from "./server/paths.ts";
import { useRights } from "./server/rights.ts";
import { Session } from "./server/session.ts";
import { answerTabs, signInByTabs } from "./server/tabs.ts";

const session = new Session();
const id = executionOf(location.pathname);

/** The page that the address names; the sign-in page if the server refuses this visitor. */
function App() {
  const [locked, setLocked] = useState<LockedWhy>();
  useEffect(() => {
    // A link needs no sign-in.
    if (!session.is_guest) answerTabs(() => setLocked("signed_out"));
  }, []);
  const rights = useRights(session);
  const pathname = pathOf(location.pathname);
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
  const props = { session, rights, onLocked: () => void onLocked() };
  if (id) return <OutputPage {...props} id={id} />;
  if (pathname.startsWith("/run")) return <RunPage {...props} actionRef={pathname.split("/")[2]} />;
  return <ListPage {...props} />;
}

await whenAnswered();
const root = document.getElementById("app");
if (root) render(<App />, root);
