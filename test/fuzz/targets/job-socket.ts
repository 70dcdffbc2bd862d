import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { KeyTable } from "../../../agent/job/keys.ts";
import { answerJob } from "../../../agent/job/routes.ts";
import { Client } from "../../../protocol/client/client.ts";
import { must, type Target } from "../target.ts";

/** Requests of an action to its agent: a method, a path, and after an empty line a body. */
export const target: Target = {
  covers: ["job/routes.ts", "job/body.ts", "protocol/model/key.ts", "protocol/base/json.ts"],
  words: [
    "GET ",
    "PUT ",
    "POST ",
    "DELETE ",
    "/keys/",
    "/secrets",
    "/user",
    "?scope=user",
    "&decrypt=true",
    "%2F",
    "%zz",
    "__proto__",
    "constructor",
    "\n\n",
    '{"values":["a"]}',
    '{"value":"v","secret":true}',
  ],
  seeds: [
    "GET /user\n\n",
    'POST /secrets\n\n{"values":["a-secret-value"]}',
    "GET /keys?scope=user&prefix=a\n\n",
    "GET /keys/a%2Fb?decrypt=true\n\n",
    'PUT /keys/a?scope=st2kv.system\n\n{"value":"v","ttl":5,"secret":true}',
    "DELETE /keys/a\n\n",
  ],
  run: async (input) => {
    const [head = "", ...rest] = input.split("\n\n");
    const [method = "", ...url] = head.split(" ");
    const request = new IncomingMessage(new Socket());
    request.method = method;
    request.url = url.join(" ");
    request.push(rest.join("\n\n"));
    request.push(null);
    const answer = await answerJob(request, {
      user: "u",
      keys: KEYS,
      registerSecrets: ({ length }) => ({ registered: length, too_short: 0 }),
    });
    must(answer.status === 204 || JSON.stringify(answer.body) !== undefined, "an answer has a body");
  },
};

/** A table with one secret: the server's answers to any request. */
const KEYS = new KeyTable(
  new Client({
    url: "http://127.0.0.1",
    key: "",
    fetch: async () =>
      Response.json([
        { ...{ uid: "a", name: "a", value: "v", secret: true }, encrypted: true, scope: "st2kv.system" },
      ]),
    socket: () => {
      throw new Error("nothing is followed here");
    },
  }),
  "6742f0c0012c0123456789ab",
  () => "a.b.c",
);
