import { useEffect, useState } from "preact/hooks";
import type { Connection } from "../log/output-log.ts";

/** How the connection stands, in words that are true. */
export function ConnectionText({ connection }: { connection: Connection }) {
  const waits = connection.kind === "reconnecting";
  const [, tick] = useState(0);
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => tick((turn) => turn + 1), 250);
    return () => clearInterval(timer);
  }, [waits]);
  switch (connection.kind) {
    case "loading":
      return <span>loading …</span>;
    case "live":
      return <span class="live">live</span>;
    case "catching_up":
      return <span class="warn">catching up {Math.floor(connection.share * 100)} %</span>;
    case "reconnecting": {
      const seconds = Math.ceil((connection.at_ms - Date.now()) / 1000);
      return <span class="warn">{seconds > 0 ? `reconnecting in ${seconds} s` : "reconnecting …"}</span>;
    }
    case "ended": {
      const { bytes, gaps } = connection.end;
      const size = (bytes.stdout + bytes.stderr + bytes.other).toLocaleString("en");
      if (gaps > 0)
        return <span class="bad">{`incomplete: ${gaps} ${gaps === 1 ? "gap" : "gaps"}, ${size} bytes`}</span>;
      return <span>{`complete, ${size} bytes`}</span>;
    }
    case "failed": {
      const text = connection.error instanceof Error ? connection.error.message : String(connection.error);
      return <span class="bad">{text}</span>;
    }
  }
}
