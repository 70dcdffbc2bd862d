import { render } from "preact";
import { useState } from "preact/hooks";
import { ListPage } from "./pages/list.tsx";
import { OutputPage } from "./pages/output.tsx";
import { RunPage } from "./pages/run.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { whenAnswered } from "./server/asked-ahead.ts";
import { executionOf } from "./server/paths.ts";
import { useRights } from "./server/rights.ts";
import { Session } from "./server/session.ts";

const session = new Session();
const id = executionOf(location.pathname);

/** The page that the address names; the sign-in page if the server refuses this visitor. */
function App() {
  const [locked, setLocked] = useState(false);
  const rights = useRights(session);
  const { pathname } = location;
  if (locked) return <SignIn session={session} />;
  const props = { session, rights, onLocked: () => setLocked(true) };
  if (id) return <OutputPage {...props} id={id} />;
  if (pathname.startsWith("/run")) return <RunPage {...props} actionRef={pathname.split("/")[2]} />;
  return <ListPage {...props} />;
}

await whenAnswered();
const root = document.getElementById("app");
if (root) render(<App />, root);
