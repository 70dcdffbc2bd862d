import { useRef } from "preact/hooks";
import { failureText } from "../../../protocol/base/failure-text.ts";
import type { Session } from "../../server/session.ts";
import { save } from "./save.ts";
import { timedLines } from "./timed-lines.ts";

/** The files that an output can be downloaded as. */
const FILES = [
  { label: "Original text", format: "text", extension: "log" },
  { label: "Text without escape sequences", format: "plain", extension: "txt" },
  { label: "Lines with times", format: "ndjson", extension: "times.log", timed: true },
  { label: "NDJSON with timestamps", format: "ndjson", extension: "ndjson" },
];

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
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  /** Closes the menu for a reader in it, who goes on from its button. */
  const leave = () => {
    menu.current?.querySelector("summary")?.focus();
    close();
  };
  const download = async ({ format, extension, timed }: (typeof FILES)[number]) => {
    const name = `${id}.${extension}`;
    const open = async () => {
      say("Downloading …");
      const path = `/api/v1/executions/${id}/output?format=${format}&follow=false`;
      const body = new Response((await session.request(path)).body).body ?? new Blob().stream();
      if (!timed) return body;
      return body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(timedLines())
        .pipeThrough(new TextEncoderStream());
    };
    try {
      const { output } = await session.client.get(id);
      const bytes = Object.values(output?.bytes ?? {}).reduce((sum, count) => sum + count, 0);
      if (await save(name, bytes, open)) say(`Downloaded ${name}`);
    } catch (error) {
      say(failureText(error));
    }
  };
  /** Arrows move among the files, and Escape closes the menu. */
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, Escape: 0 }[event.key];
    if (by === undefined || !menu.current?.open) return;
    event.preventDefault();
    event.stopPropagation();
    if (by === 0) return leave();
    const all = [...menu.current.querySelectorAll<HTMLElement>("summary, button")];
    const at = all.findIndex((one) => one.matches(":focus"));
    all[(at + by + all.length) % all.length]?.focus();
  };
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={press}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) close();
      }}
    >
      <summary class="button">Download</summary>
      <div>
        {FILES.map((file) => (
          <button
            key={file.label}
            type="button"
            onClick={() => {
              leave();
              void download(file);
            }}
          >
            {file.label}
          </button>
        ))}
      </div>
    </details>
  );
}
