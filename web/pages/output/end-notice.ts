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
    if (is_completed && was_completed.current === false && wanted) notify(execution);
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
};

async function permission(): Promise<NotificationPermission | "missing"> {
  if (!("Notification" in window) || !isSecureContext) return "missing";
  return Notification.requestPermission();
}

function notify({ id, status, action, elapsed_seconds = 0 }: Execution): void {
  const options = { body: `after ${durationText(elapsed_seconds * 1000)}`, tag: id };
  const notice = new Notification(`${action.ref}: ${status}`, options);
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}
