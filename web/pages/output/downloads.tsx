import { failureText } from "../../../protocol/base/failure-text.ts";
import type { Session } from "../../server/session.ts";

/** Downloads the whole output so far as a file. */
export function Downloads({
  session,
  id,
  say,
}: {
  session: Session;
  id: string;
  say: (text: string) => void;
}) {
  const download = async (format: "text" | "plain" | "ndjson", extension: string) => {
    say("Downloading …");
    try {
      const response = await session.request(`/api/v1/executions/${id}/output?format=${format}&follow=false`);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await new Response(response.body).blob());
      link.download = `${id}.${extension}`;
      link.click();
      URL.revokeObjectURL(link.href);
      say(`Downloaded ${id}.${extension}`);
    } catch (error) {
      say(failureText(error));
    }
  };
  return (
    <details class="menu">
      <summary class="button">Download</summary>
      <div>
        <button type="button" onClick={() => void download("text", "log")}>
          Original text
        </button>
        <button type="button" onClick={() => void download("plain", "txt")}>
          Text without escape sequences
        </button>
        <button type="button" onClick={() => void download("ndjson", "ndjson")}>
          NDJSON with timestamps
        </button>
      </div>
    </details>
  );
}
