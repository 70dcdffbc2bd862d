import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./world.ts";

/** The middle of each secret: letters and digits, so that no encoding but base64 changes them. */
const CORES = {
  parameter: "Zq7Xw9Kc2Lp5Vt8Rn3Yh6Mb4",
  key: "Hd4Sn8Fb6Wk2Jx9Tq5Gz7Cv3",
  config: "Pl3Mr7Bd9Xs5Kf2Yw8Nj6Tg4",
  variable: "Uv6Eh2Qz8Ry4Dm7Wp9Sb3Lk5",
};

/** Secrets of every kind, with characters that shells, URLs and JSON write differently. */
export const SECRETS = {
  parameter: `${CORES.parameter} it's "a/b+c" \\ $x!`,
  key: `key=${CORES.key}&more`,
  config: `${CORES.config}/+=`,
  variable: `${CORES.variable}-é`,
};

/** The pieces of secrets that a text shows: five characters in a row, or as many in base64. */
export function leaks(text: string): string[] {
  return PIECES.filter((piece) => text.includes(piece));
}

const PIECES = Object.values(CORES).flatMap((core) => [
  ...piecesOf(core, 5),
  ...[0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(core)]).toString("base64");
    return piecesOf(encoded.slice(before === 0 ? 0 : before + 1, -4), 7);
  }),
]);

function piecesOf(text: string, length: number): string[] {
  return Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length));
}

/** All files below a folder, as one text; files that are removed during the walk are left out. */
export function filesText(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      try {
        return readFileSync(join(entry.parentPath, entry.name), "utf8");
      } catch {
        return "";
      }
    })
    .join("\n");
}

/** The name of the variable that the agent is told to mask. */
export const MASKED_VARIABLE = "VAULT_TEST_TOKEN";

/** Prints everything that it was given with real programs. It waits for a file to begin, and for another to end. */
const print = (folder: string) => `#!/bin/bash
echo up
until [ -e ${folder}/go ]; do sleep 0.05; done
for name in TOKEN KEY CONFIG ${MASKED_VARIABLE}; do
  value=\${!name}
  echo "echo $value"
  echo "stderr $value" >&2
  printf 'quoted %q\\n' "$value"
  printf 'base64 '; printf %s "$value" | base64 -w0; echo
  printf 'within '; printf 'user:%s@host' "$value" | base64 -w0; echo
  printf 'cut %s' "\${value:0:7}"; sleep 0.1; printf '%s\\n' "\${value:7}"
  declare -p value
  (set -x; : "traced $value")
  python3 - "$value" <<'PYTHON'
import json, sys, urllib.parse
value = sys.argv[1]
print("json", json.dumps({"value": value}))
print("utf-8", json.dumps({"value": value}, ensure_ascii=False))
print("repr", [value])
print("url", urllib.parse.quote(value), urllib.parse.urlencode({"value": value}))
PYTHON
done
env | grep -E '^(TOKEN|KEY|CONFIG|${MASKED_VARIABLE})='
echo printed
until [ -e ${folder}/end ]; do sleep 0.05; done
`;

const PYTHON = `import os
import subprocess

from st2common.runners.base_action import Action


class Print(Action):
    def run(self, token, fail=False, pin=None):
        if fail:
            raise ValueError("cannot work with %s" % token)
        subprocess.check_call([os.path.join(os.path.dirname(os.path.abspath(__file__)), "print.sh")])
        self.logger.info("config %r", self.config["api"])
        return {"token": token, token: [self.config["api"]["token"]]}
`;

/** A pack with an action for each runner that prints its secrets. The files `go` and `end` in the folder start and end them. */
export function vaultPack(): { folder: string; pack: string } {
  const folder = scratch();
  const pack = join(folder, "packs", "vault");
  mkdirSync(join(pack, "actions"), { recursive: true });
  mkdirSync(join(folder, "packs", "configs"));
  const write = (path: string, text: string) => writeFileSync(join(pack, path), text);
  write("pack.yaml", "ref: vault\nname: vault\nversion: 1.0.0\n");
  write(
    "config.schema.yaml",
    "api:\n  type: object\n  properties:\n    url: {type: string}\n    token: {type: string, secret: true}\n",
  );
  writeFileSync(
    join(folder, "packs", "configs", "vault.yaml"),
    `api:\n  url: https://vault.test\n  token: ${JSON.stringify(SECRETS.config)}\n`,
  );
  write("actions/print.sh", print(folder));
  chmodSync(join(pack, "actions", "print.sh"), 0o755);
  write("actions/print.py", PYTHON);
  for (const [name, { runner, entry_point = "", more = "" }] of Object.entries(ACTIONS)) {
    write(
      `actions/${name}.yaml`,
      `name: ${name}
runner_type: ${runner}
entry_point: "${entry_point}"
parameters:
  token: {type: string, secret: true}
  pin: {type: string, secret: true}
  fail: {type: boolean}
  env:
    default:
      TOKEN: "{{ token }}"
      KEY: "{{ st2kv.system.vault_key | decrypt_kv }}"
      CONFIG: "{{ config_context.api.token }}"
${more}`,
    );
  }
  return { folder, pack };
}

const ACTIONS: Record<string, { runner: string; entry_point?: string; more?: string }> = {
  command: { runner: "local-shell-cmd" },
  script: { runner: "local-shell-script", entry_point: "print.sh" },
  remote_command: { runner: "remote-shell-cmd" },
  remote_script: { runner: "remote-shell-script", entry_point: "print.sh" },
  python: { runner: "python-script", entry_point: "print.py" },
  lost: { runner: "local-shell-cmd", more: '  cwd: {default: "/no/such/{{ token }}"}\n' },
};
