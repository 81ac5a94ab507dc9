#!/bin/sh
# Builds the binary that ships, for the machine's own architecture or the one named by ARCH:
#   docker/build.sh OUT      writes OUT/drainit
# Embedded Swift, static musl, full LTO. It needs a Swift toolchain and takes musl from Debian.
set -eu

out=${1:-}
[ -n "$out" ] || { echo "usage: docker/build.sh OUT" >&2; exit 2; }
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
arch=${ARCH:-$(uname -m)}

if [ "$arch" = x86_64 ] && ! [ -e /usr/lib/x86_64-linux-musl/libc.a ]; then
  apt-get update -qq
  apt-get install -y -qq musl-dev linux-libc-dev >/dev/null
fi

triple=
[ "$arch" = aarch64 ] && triple="--triple aarch64-none-none-elf"
cd "$root"
# shellcheck disable=SC2086 # triple is two words or none
swift build -c release --product drainit --experimental-lto-mode=full $triple \
  --scratch-path ".build-$arch" --toolset "docker/release-$arch.json" >&2
mkdir -p "$out"
cp ".build-$arch/release/drainit" "$out/drainit"
ls -l "$out/drainit" >&2
