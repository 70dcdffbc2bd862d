import { useState } from "preact/hooks";
import { failureText } from "../../protocol/base/failure-text.ts";
import { Mark } from "../frame/mark.tsx";
import type { LockedWhy } from "../frame/page-props.ts";
import { href } from "../server/paths.ts";
import { type Session, signInByKey, signInByPassword } from "../server/session.ts";

const WHY = {
  refused: "You were signed out: your key or token is not valid any more. It has expired or was revoked.",
  signed_out: "You signed out in another tab.",
};

/** The sign-in page, for a key or for a name and a password. */
export function SignIn({ session, why }: { session: Session; why: LockedWhy }) {
  const [by, setBy] = useState<"key" | "password">("key");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  if (session.is_guest) {
    return (
      <main class="card">
        <h1>This link is not valid</h1>
        <p>It is incomplete, has expired or was revoked. Ask its sender for a new link.</p>
        <a href={href("/")}>Sign in instead</a>
      </main>
    );
  }
  const enter = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(event.currentTarget);
    const field = (name: string) => String(given.get(name) ?? "");
    setBusy(true);
    try {
      if (by === "key") await signInByKey(field("key").trim());
      else await signInByPassword(field("name"), field("password"));
      location.reload();
    } catch (thrown) {
      setBusy(false);
      setError(failureText(thrown));
    }
  };
  return (
    <main class="card">
      <h1 class="brand">
        <Mark /> Tailrace
      </h1>
      {why !== "none" && <p role="status">{WHY[why]}</p>}
      <fieldset class="group" aria-label="Sign in by">
        <button type="button" aria-pressed={by === "key"} onClick={() => setBy("key")}>
          Key
        </button>
        <button type="button" aria-pressed={by === "password"} onClick={() => setBy("password")}>
          Password
        </button>
      </fieldset>
      <form onSubmit={enter} key={by}>
        {by === "key" ? (
          <label>
            <span>API key</span>
            <input name="key" type="password" required autoComplete="off" />
          </label>
        ) : (
          <>
            <label>
              <span>Name</span>
              <input name="name" required autoComplete="username" />
            </label>
            <label>
              <span>Password</span>
              <input name="password" type="password" required autoComplete="current-password" />
            </label>
          </>
        )}
        {error !== "" && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy}>
          Sign in
        </button>
      </form>
      <p class="soft">
        A local server stores its key in <code>.tailrace/env</code>. The browser forgets the key with the last
        tab of this server.
      </p>
    </main>
  );
}
