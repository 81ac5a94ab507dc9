#!/bin/sh
# What the official image's entrypoint does: as root it makes the folder the server's, and becomes
# the server's user.
set -eu
mkdir -p /data
cd /data
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  chown -R redis .
  exec gosu redis "$@"
fi
exec "$@"
