#!/bin/sh
# Installs the agent's Debian package from the folder $1 in an image, with what commands, Python actions and remote runners need.
set -eu
apt-get update
apt-get install --yes --no-install-recommends \
  "$1"/tailrace-agent_*_"$(dpkg --print-architecture)".deb \
  ca-certificates openssh-client python3
rm -rf /var/lib/apt/lists/*
