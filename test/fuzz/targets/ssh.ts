import { parseHosts } from "../../../agent/ssh/hosts.ts";
import { BEGIN_TEXT, MarkScanner } from "../../../agent/ssh/marks.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, mustEqual, type Target } from "../target.ts";

const WORDS = ["wordL", "wordP", "wordS", "wordE"];

/** A remote host's output with marks in it, in any pieces, and the hosts that a parameter names. The input is bytes. */
export const target: Target = {
  covers: ["ssh/marks.ts", "ssh/hosts.ts"],
  words: [BEGIN_TEXT, ...WORDS, ...WORDS.map((word) => BEGIN_TEXT + word), "word", "[::1]:22", "a,b", ":22"],
  seeds: [
    `motd\n${BEGIN_TEXT}wordLoutput${BEGIN_TEXT}wordP${BEGIN_TEXT}wordS`,
    `${BEGIN_TEXT}wor${BEGIN_TEXT}word${BEGIN_TEXT}wordEx`,
    "web1,web2:2222,[fe80::1%eth0]:22,::1",
  ],
  throws: [Error],
  run: (input) => {
    const bytes = bytesOf(input);
    const whole = scanned([bytes]);
    mustEqual(scanned(piecesOf(bytes, hashOf(input))), whole, "marks are the same, however output comes");
    const marks = whole.marks.reduce((sum, word) => sum + 1 + word.length, 0);
    must(whole.passed.length + marks === bytes.length, "all but marks is passed on");
    const hosts = parseHosts(input);
    must(new Set(hosts.map(({ key }) => key)).size === hosts.length, "each host has a name of its own");
  },
};

function scanned(pieces: Buffer[]): { passed: string; marks: string[] } {
  const passed: Buffer[] = [];
  const marks: string[] = [];
  const scanner = new MarkScanner(
    WORDS,
    (bytes) => void passed.push(Buffer.from(bytes)),
    (word) => marks.push(word),
  );
  for (const piece of pieces) scanner.scan(piece);
  scanner.end();
  return { passed: Buffer.concat(passed).toString("latin1"), marks };
}
