import { render } from "preact";
import { useState } from "preact/hooks";
import { whenAnswered } from "./asked-ahead.ts";
import { ListPage } from "./pages/list.tsx";
import { OutputPage } from "./pages/output.tsx";
import { RunPage } from "./pages/run.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { executionOf } from "./paths.ts";
import { useRights } from "./rights.ts";
import { Session } from "./session.ts";

const session = new Session();
const id = executionOf(location.pathname);

/** The page that the address names; a door where whoever is here may not come in. */
function App() {
  const [locked, setLocked] = useState(false);
  const rights = useRights(session);
  const { pathname } = location;
  if (locked) return <SignIn session={session} />;
  const door = { session, rights, onLocked: () => setLocked(true) };
  if (id) return <OutputPage {...door} id={id} />;
  if (pathname.startsWith("/run")) return <RunPage {...door} actionRef={pathname.split("/")[2]} />;
  return <ListPage {...door} />;
}

await whenAnswered();
const root = document.getElementById("app");
if (root) render(<App />, root);
