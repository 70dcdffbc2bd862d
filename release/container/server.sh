#!/bin/sh
# Installs the npm package from the folder $1 in an image that has Node, and makes the user that runs the server.
set -eu
npm install --global "$1"/tailrace-*.tgz
npm cache clean --force
useradd --system --create-home --home-dir /var/lib/tailrace --shell /usr/sbin/nologin tailrace
