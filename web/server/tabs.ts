import { forgetKey, readCredential, storeKey } from "./credential.ts";
import { baseOf } from "./paths.ts";

/** How long a new tab waits for another one that is signed in. */
const KEY_WAIT_MS_MAX = 300;

/** A message between the tabs of one browser that show this server. A browser carries it to pages of the same origin only. */
type TabMessage = { kind: "asked" } | { kind: "key"; key: string } | { kind: "signed_out" };

/** One for the page: a channel does not bring its own messages. */
let opened: BroadcastChannel | undefined;

function channel(): BroadcastChannel {
  opened ??= new BroadcastChannel(`tailrace ${baseOf(location.pathname)}`);
  return opened;
}

function post(message: TabMessage): void {
  channel().postMessage(message);
}

/** Tells the tabs that ask for a key the one of this tab, and notices a sign-out in another tab. */
export function answerTabs(onSignedOut: () => void): void {
  channel().addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
    const { key } = readCredential();
    if (data.kind === "asked" && key !== "") post({ kind: "key", key });
    if (data.kind !== "signed_out") return;
    forgetKey();
    onSignedOut();
  });
  // A page that the browser has kept for its Back button heard no sign-out.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted && readCredential().key === "") location.reload();
  });
}

/** Signs this tab in with the key of another tab. Returns whether one has answered. */
export async function signInByTabs(): Promise<boolean> {
  const over = new AbortController();
  const key = await new Promise<string | undefined>((resolve) => {
    setTimeout(() => resolve(undefined), KEY_WAIT_MS_MAX);
    const take = ({ data }: MessageEvent<TabMessage>) => data.kind === "key" && resolve(data.key);
    channel().addEventListener("message", take, { signal: over.signal });
    post({ kind: "asked" });
  });
  over.abort();
  if (key !== undefined) storeKey(key);
  return key !== undefined;
}

/** Signs the other tabs out too: otherwise they would sign this one in again. */
export function signOutTabs(): void {
  post({ kind: "signed_out" });
}
