import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { failureText } from "../../protocol/base/failure-text.ts";
import { grouped } from "../base/grouped.ts";
import { sizeText } from "../base/size.ts";
import type { Connection } from "../server/connection.ts";

/** A counting number is shown but not announced: a screen reader hears only a new state of the connection. */
function Counter({ children }: { children: ComponentChildren }) {
  return <span aria-hidden="true">{children}</span>;
}

/** The state of the connection in words. */
export function ConnectionText({ connection }: { connection: Connection }) {
  const at_ms = "at_ms" in connection ? connection.at_ms : undefined;
  const [, tick] = useState(0);
  useEffect(() => {
    if (at_ms === undefined) return;
    const timer = setInterval(() => tick((turn) => turn + 1), 250);
    return () => clearInterval(timer);
  }, [at_ms === undefined]);
  const seconds = at_ms === undefined ? 0 : Math.ceil((at_ms - performance.now()) / 1000);
  const wait = <Counter>{seconds > 0 ? ` in ${seconds} s` : " …"}</Counter>;
  switch (connection.kind) {
    case "loading":
      return at_ms === undefined ? <span>loading …</span> : <span class="warn">loading again{wait}</span>;
    case "connecting":
      return <span>connecting …</span>;
    case "live":
      return <span class="live">live</span>;
    case "catching_up": {
      const { share } = connection;
      // 100 % would mean live.
      const part = share === undefined ? "…" : `${Math.min(99, Math.floor(share * 100))} %`;
      return (
        <span class="warn">
          catching up<Counter> {part}</Counter>
        </span>
      );
    }
    case "reconnecting":
      return (
        <span class="warn">
          {navigator.onLine ? "" : "offline, "}reconnecting{wait}
        </span>
      );
    case "ended": {
      const { bytes, gaps } = connection.end;
      const all = bytes.stdout + bytes.stderr + bytes.other;
      const [kind, text] =
        gaps > 0 ? ["bad", `incomplete: ${gaps} ${gaps === 1 ? "gap" : "gaps"}, `] : ["", "complete, "];
      return (
        <span class={kind} title={`${grouped(all)} bytes`}>
          {text + sizeText(all)}
        </span>
      );
    }
    case "failed": {
      const text = failureText(connection.error);
      return <span class="bad">{text}</span>;
    }
  }
}
