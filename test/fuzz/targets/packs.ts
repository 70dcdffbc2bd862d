import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAction } from "../../../agent/packs/action.ts";
import { readConfig } from "../../../agent/packs/config.ts";
import { loadPacks } from "../../../agent/packs/load.ts";
import { oversize } from "../../../protocol/model/pack-pages.ts";
import { MemoryFolder } from "../memory-folder.ts";
import { hashOf } from "../random.ts";
import { must, type Target } from "../target.ts";

const folder = new MemoryFolder();

/** The files of a pack: its metadata, an action, a chain, a configuration and its schema. */
export const target: Target = {
  covers: [
    "packs/action.ts",
    "packs/config.ts",
    "packs/load.ts",
    "packs/yaml.ts",
    "packs/inside.ts",
    "protocol/model/chain.ts",
    "protocol/model/action.ts",
    "protocol/base/yaml.ts",
    "protocol/model/tags.ts",
    "protocol/model/pack-pages.ts",
  ],
  chars_max: 2_048,
  words: [
    "name: ",
    "runner_type: ",
    "entry_point: ",
    "parameters:\n",
    "  type: string\n",
    "default: ",
    "immutable: true\n",
    "position: 0\n",
    "pattern: ",
    "chain:\n",
    "- name: a\n",
    "ref: core.local\n",
    "on-success: ",
    "vars:\n",
    "secret: true\n",
    "items:\n",
    "properties:\n",
    "../a",
    "/etc/passwd",
    "null",
    "&a ",
    "*a",
    "tags:\n",
    "tailrace.labels",
    "version: 1.0\n",
  ],
  seeds: [
    "name: pack\nref: pack\nversion: 1.0.0\nauthor: a\n",
    "name: act\nrunner_type: local-shell-script\nentry_point: act.yaml\nenabled: true\nparameters:\n  a:\n    type: string\n    pattern: ^a$\n    position: 0\n  b:\n    type: [integer, 'null']\n    default: 9007199254740993\n    position: 1\n",
    "name: act\nrunner_type: action-chain\nentry_point: act.yaml\nchain:\n- name: one\n  ref: core.local\n  parameters: {cmd: ls}\n  on-success: two\n- name: two\n  ref: core.noop\nvars: {x: 1}\ndefault: one\n",
    "chain:\n- name: one\n  ref: core.local\n  params: {cmd: '{{ x }}'}\n  on-failure: one\n  publish: {y: '{{ one.stdout }}'}\nvars: {x: 1}\n",
    "a:\n  type: string\n  secret: true\n  default: x\nb:\n  type: object\n  properties:\n    c: {default: 1.0}\n",
    "a: text\nb: {c: 2}\nl: [1, {d: '{{ st2kv.system.x }}'}]\n",
    "name: act\nrunner_type: orquesta\nentry_point: x\n",
    "name: act\nrunner_type: run-python\nentry_point: ../out.py\ntags: [{name: tailrace.pool, value: eu}]\noutput_schema: {r: {type: string}}\n",
  ],
  throws: [Error],
  run: (input) => {
    const pack = packFolder();
    for (const file of ["pack.yaml", "actions/act.yaml", "config.schema.yaml", "configs/pack.yaml"])
      writeFileSync(join(pack, file), input);
    // Loading a pack looks at each of its files, which takes longer than reading them.
    const { problems } = hashOf(input) % 8 === 0 ? loadPacks([pack]) : { problems: [] };
    for (const problem of problems) must(problem !== "" && !problem.includes("\n"), "a problem is one line");
    for (const act of [() => readConfig(pack, "pack"), () => actionOf(pack)]) {
      try {
        act();
      } catch (error) {
        // The agent shows the error to a user, with the file's name.
        if (!(error instanceof Error) || error.constructor !== Error) throw error;
        must(error.message.startsWith(pack), "a reason names the file");
      }
    }
  },
  end: async () => folder.remove(),
};

function actionOf(pack: string): void {
  oversize(readAction(pack, join(pack, "actions/act.yaml"), "pack"));
}

/** A pack with one action, each of whose files is the input. */
function packFolder(): string {
  const pack = join(folder.path, "pack");
  mkdirSync(join(pack, "actions"), { recursive: true });
  mkdirSync(join(pack, "configs"), { recursive: true });
  return pack;
}
