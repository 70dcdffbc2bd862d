import { useEffect, useRef } from "preact/hooks";
import { mayRunAny, type Rights } from "../../protocol/model/permissions.ts";
import { href } from "../server/paths.ts";
import { type Session, signOut } from "../server/session.ts";
import { Collapsed } from "./collapsed.tsx";
import { Mark } from "./mark.tsx";
import { ThemeChoice } from "./theme-choice.tsx";

interface TopProps {
  session: Session;
  rights: Rights | undefined;
  /** The page of the navigation that is shown, if it is one of them. */
  current?: "executions" | "run";
  onHelp: () => void;
}

/** The top of every page. */
export function Top({ session, rights, current, onHelp }: TopProps) {
  const here = (page: TopProps["current"]) => (page === current ? "page" : undefined);
  return (
    <header class="top">
      {session.is_guest ? (
        <span class="brand">
          <Mark /> <span class="brand-name">Tailrace</span>
        </span>
      ) : (
        <a class="brand" href={href("/")}>
          <Mark /> <span class="brand-name">Tailrace</span>
        </a>
      )}
      {!session.is_guest && (
        <nav aria-label="Pages">
          <a href={href("/")} aria-current={here("executions")}>
            Executions
          </a>
          {(!rights || mayRunAny(rights)) && (
            // Its space is kept until the rights are known, so that the others do not move.
            <a href={href("/run")} aria-current={here("run")} class={rights ? "" : "unknown"}>
              Run
            </a>
          )}
        </nav>
      )}
      <span class="grow">{session.is_guest && <Guest />}</span>
      <Collapsed label="Menu">
        {!session.is_guest && <a href={href("/docs")}>API</a>}
        <ThemeChoice />
        <button type="button" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
          ?
        </button>
        {!session.is_guest && (
          <button type="button" onClick={() => void signOut(session)}>
            Sign out
          </button>
        )}
      </Collapsed>
    </header>
  );
}

function Guest() {
  return <span class="soft">Opened by a link, read-only</span>;
}

/** The help: the list of keys. */
export function Help({ keys, onClose }: { keys: [string, string][]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard</h2>
      <div class="keys">
        {keys.map(([key, what]) => (
          <>
            <span>
              <kbd>{key}</kbd>
            </span>
            <span>{what}</span>
          </>
        ))}
      </div>
      <p>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </p>
    </dialog>
  );
}

/** Whether a key is meant for a field and not for the page. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
