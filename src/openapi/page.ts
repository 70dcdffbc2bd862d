import { html } from "hono/html";
import { ERRORS } from "../../protocol/base/errors.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

/** The API as one page to read, without scripts and without external resources. */
export function docsPage() {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tailrace API</title>
<style>
:root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3a404b); --soft: light-dark(#5b6472, #9aa4b2); --accent: light-dark(#0b62c4, #6cb2ff); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 0.9em ui-monospace, monospace; }
section { border-top: 1px solid var(--line); padding: 0.6rem 0; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 0.2rem 0; overflow-wrap: anywhere; }
.verb { color: var(--accent); } .soft { color: var(--soft); } p { margin: 0.2rem 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; }
dl { margin: 0.2rem 0 0 1rem; } dt { float: left; clear: left; margin-right: 0.6rem; } dd { margin: 0; }
</style>
</head>
<body>
<h1>Tailrace API</h1>
<p class="soft">A key goes into the header <code>St2-Api-Key</code>, or into the query as <code>st2-api-key</code>.
<code>/v1</code> is the same as <code>/api/v1</code>; an id may be <code>last</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p>
<h2>Paths</h2>
${Object.entries(OPERATIONS).map(([key, operation]) => section(key, operation))}
<h2>Errors</h2>
<p class="soft">Every failing answer is <code>{"faultstring": …, "code": …, "request_id": …}</code>.</p>
<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>
${Object.entries(ERRORS).map(([code, { status, text }]) => html`<tr><td><code>${code}</code></td><td>${status}</td><td>${text}</td></tr>`)}
</table>
</body>
</html>`;
}

function section(key: string, { summary, query = {}, body, answer, security }: Operation) {
  const [verb, path] = key.split(" ");
  const takes =
    body === undefined ? "" : `Takes ${body === "ndjson" ? "chunks, one JSON object a line" : body}. `;
  const needs = security === "lease" ? "Under a lease. " : security === "none" ? "No key needed. " : "";
  return html`<section><h3><code><span class="verb">${verb}</span> ${path}</code></h3>
<p>${summary}</p>
<p class="soft">${needs}${takes}${answer.status}: ${plain(answer.text)}</p>
${Object.keys(query).length === 0 ? "" : html`<dl>${Object.entries(query).map(([name, text]) => html`<dt><code>${name}</code></dt><dd>${plain(text)}</dd>`)}</dl>`}
</section>`;
}

/** The texts are Markdown. The page shows them without marks. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}
