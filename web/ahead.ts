import { credentialHeaders } from "../protocol/client/credential.ts";
import { readCredential, withLink } from "./credential.ts";
import { executionOf, LINES_MS_MAX, linesPath } from "./lines-path.ts";

// Runs while the page's script is on its way: the last lines of an output are what its reader came for.
const id = executionOf(location.pathname);
if (id !== undefined) {
  const { key, link } = readCredential();
  const url = withLink(location.origin + linesPath(id), link);
  const signal = AbortSignal.timeout(LINES_MS_MAX);
  const text = fetch(url, { headers: credentialHeaders(key), signal }).then((answer) =>
    answer.ok ? answer.text() : undefined,
  );
  // Whoever wants it then asks anew, and is told what is wrong.
  globalThis.asked_ahead = { url, text: text.catch(() => undefined) };
}
