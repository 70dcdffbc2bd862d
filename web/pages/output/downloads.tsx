import { failureText } from "../../../protocol/base/failure-text.ts";
import type { Session } from "../../server/session.ts";

/** All of the output as a file, as far as there is any by now. */
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
      link.href = URL.createObjectURL(await response.blob());
      link.download = `${id}.${extension}`;
      link.click();
      URL.revokeObjectURL(link.href);
      say(`${id}.${extension} is downloaded`);
    } catch (error) {
      say(failureText(error));
    }
  };
  return (
    <details class="menu">
      <summary class="button">Download</summary>
      <div>
        <button type="button" onClick={() => void download("text", "log")}>
          As it was written
        </button>
        <button type="button" onClick={() => void download("plain", "txt")}>
          Text without escapes
        </button>
        <button type="button" onClick={() => void download("ndjson", "ndjson")}>
          NDJSON, with times
        </button>
      </div>
    </details>
  );
}
