import { useEffect, useRef, useState } from "preact/hooks";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { durationText } from "../../base/time.ts";

/** Whether the browser notifies when the execution ends, and the function that turns this on and off. */
export interface EndNotice {
  wanted: boolean;
  toggle: () => Promise<void>;
}

/** A notification of the browser at the end of an execution, if the reader asks for one. */
export function useEndNotice(execution: Execution | undefined, say: (text: string) => void): EndNotice {
  const [wanted, setWanted] = useState(false);
  const is_completed = execution !== undefined && isCompleted(execution.status);
  const was_completed = useRef<boolean>(undefined);
  useEffect(() => {
    if (execution === undefined) return;
    if (is_completed && was_completed.current === false && wanted) notify(execution, say);
    was_completed.current = is_completed;
  }, [execution]);
  const toggle = async () => {
    if (wanted) return setWanted(false);
    const answer = await permission();
    if (answer !== "granted") return say(REFUSED[answer]);
    setWanted(true);
    say("The browser will notify you when it ends, as long as this page is open");
  };
  return { wanted, toggle };
}

const REFUSED = {
  denied: "The browser does not allow notifications of this page: allow them in its settings for this site",
  default: "The browser has not been allowed to notify you: answer its question with Allow",
  missing: "The browser notifies only pages of an https address, or of this machine",
  pages: "This browser notifies of no pages: Chrome on Android does so only of installed ones",
};

async function permission(): Promise<keyof typeof REFUSED | "granted"> {
  if (!("Notification" in window) || !isSecureContext) return "missing";
  // Without the permission it shows nothing, and with it the browser has notified before.
  if (Notification.permission !== "granted" && makeNotice("Tailrace") === undefined) return "pages";
  return Notification.requestPermission();
}

/** Undefined in Chrome on Android, which throws. */
function makeNotice(title: string, options?: NotificationOptions): Notification | undefined {
  try {
    return new Notification(title, options);
  } catch {
    return undefined;
  }
}

function notify({ id, status, action, elapsed_seconds = 0 }: Execution, say: (text: string) => void): void {
  const options = { body: `after ${durationText(elapsed_seconds * 1000)}`, tag: id };
  const notice = makeNotice(`${action.ref}: ${status}`, options);
  if (notice)
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  else say(REFUSED.pages);
}
