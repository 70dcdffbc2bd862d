import { http } from "../base/http.ts";

export interface Answer {
  status: number;
  text: string;
}

/** How long an answer may take. */
const ANSWER_MS_MAX = 60_000;

interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: object;
  /** Whether the answer may take any time. */
  is_patient?: boolean;
}

/** A request to the engine. */
export function request(
  url: string,
  { method = "GET", headers = {}, body, is_patient = false }: RequestOptions = {},
): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((answered, failed) => {
    const sent = http.request(url, {
      method,
      agent: false,
      ...(is_patient ? {} : { signal: AbortSignal.timeout(ANSWER_MS_MAX) }),
      headers: text === undefined ? headers : { "content-type": "application/json", ...headers },
    });
    sent.on("error", failed);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("error", failed);
      response.on("end", () => answered({ status: response.statusCode ?? 0, text }));
    });
    sent.end(text);
  });
}
