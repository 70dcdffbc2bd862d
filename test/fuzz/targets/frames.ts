import { StreamText } from "../../../agent/process/result.ts";
import { readAnswer } from "../../../agent/runners/python.ts";
import { writeExact } from "../../../protocol/base/numbers.ts";
import { boundedResult, jsonBytes } from "../../../protocol/model/result.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, mustEqual, type Target } from "../target.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const RESULT_BYTES = 4_096;

/** A run's result: a Python action's answer among its other output, and its streams. The input is bytes. */
export const target: Target = {
  covers: ["runners/python.ts", "process/result.ts", "protocol/model/result.ts", "protocol/base/json.ts"],
  shape: "json lines",
  words: [
    `\n${KEY} `,
    '{"result":',
    '"status":true',
    '{"error":"no"}',
    '{"beginning":"[1","bytes":5,"status":null}',
    "\r\n",
    "[1.0]",
  ],
  seeds: [
    `noise\n${KEY} {"result":{"a":[1.50]},"status":null}\n`,
    `\n${KEY} {"error":"no class"}`,
    `\n${KEY} {"beginning":"[1, 2","bytes":5000000,"status":true}\nafter`,
    '{"stdout": [1, 2.0]}\r\n',
    "\u00ff\u00fe text \u00c3\u00a4\n",
  ],
  run: (input) => {
    const bytes = bytesOf(input);
    const answer = readAnswer(bytes, KEY);
    if (answer) writeExact(answer);
    const end = bytesOf(`\n${KEY} {"result":"the last","status":true}\n`);
    const last = readAnswer(Buffer.concat([bytes, end]), KEY);
    must(
      last !== undefined && "result" in last && last.result === "the last",
      "the last answer is the answer",
    );
    const [whole, cut] = [new StreamText(), new StreamText()];
    whole.add(bytes);
    for (const piece of piecesOf(bytes, hashOf(input))) cut.add(piece);
    const stdout = whole.value();
    mustEqual(writeExact(cut.value()), writeExact(stdout), "a stream is the same, however it comes");
    must(
      jsonBytes(boundedResult({ stdout, answer }, RESULT_BYTES)) <= RESULT_BYTES,
      "a result is as short as it must be",
    );
  },
};
