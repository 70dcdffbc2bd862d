import { TailraceError } from "../../protocol/base/errors.ts";

/** The request that the server refused, as its log names it. A click selects the id, to be copied. */
export function RequestId({ error }: { error: unknown }) {
  const id = error instanceof TailraceError ? error.request_id : undefined;
  if (id === undefined) return null;
  return (
    <small class="soft">
      Request <code class="request-id">{id}</code>
    </small>
  );
}
