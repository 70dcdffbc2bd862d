#!/usr/bin/env node
// The command of the installed package. An old Node understands this file, and none of the others.
const { engines } = require("../package.json");

const needed = engines.node.replace(">=", "");

if (isOlder(process.versions.node, needed)) {
  process.stderr.write(
    `Tailrace needs Node ${needed} or later, and this is ${process.versions.node} (${process.execPath}). Install a newer Node: https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  import("../built/cli/tailrace.js");
}

function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && a[at] < b[at];
}
