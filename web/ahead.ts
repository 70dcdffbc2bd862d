import { credentialHeaders } from "../protocol/client/credential.ts";
import { applyTheme, readTheme } from "./base/theme.ts";
import "./server/asked-ahead.ts";
import { readCredential, withLink } from "./server/credential.ts";
import {
  ANSWER_MS_MAX,
  executionOf,
  executionPath,
  linesPath,
  serverUrl,
  USER_PATH,
} from "./server/paths.ts";

// Before the first paint, which would be in the other theme.
applyTheme(readTheme());

// Runs while the page's script is loading, and requests what the page will show first.
const { key, link } = readCredential();
const id = executionOf(location.pathname);
const paths = id === undefined ? [] : [linesPath(id), executionPath(id)];
if (link === undefined) paths.push(USER_PATH);
const init = { headers: credentialHeaders(key), signal: AbortSignal.timeout(ANSWER_MS_MAX) };
globalThis.asked_ahead = new Map();
for (const path of paths) {
  const url = withLink(serverUrl() + path, link);
  const text = fetch(url, init).then((answer) => (answer.ok ? answer.text() : undefined));
  // If it fails, the page asks again and shows the reason.
  globalThis.asked_ahead.set(
    url,
    text.catch(() => undefined),
  );
}
