#!/bin/sh
# Builds the binary that ships, for the machine's own architecture or the one named by ARCH:
#   docker/build.sh OUT      writes OUT/drainit; PRODUCT names another program of the package
# Embedded Swift, static musl, full LTO; the other options of the toolset beside this script prefer size
# to speed, by leaving out passes that copy code, and put drainit's own heap in the place of libc's.
# It needs a Swift toolchain and takes musl from Debian. ARCH=aarch64 is cross-built on x86_64.
set -eu

out=${1:-}
[ -n "$out" ] || { echo "usage: docker/build.sh OUT" >&2; exit 2; }
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
arch=${ARCH:-$(uname -m)}
product=${PRODUCT:-drainit}

# What it says is worth reading only where it fails.
quietly() {
  said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}

needs() {
  if ! [ -e "$1" ]; then
    shift
    quietly apt-get update -qq
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  fi
}

case $arch in
  x86_64)
    needs /usr/lib/x86_64-linux-musl/libc.a musl-dev linux-libc-dev
    # The plain ELF triple, as for the other architecture: that of Linux asks for a glibc and a PIE.
    triple="--triple x86_64-unknown-none-elf"
    ;;
  aarch64)
    # musl is that of the other architecture, and is only linked: nothing of it is run.
    [ -e /usr/lib/aarch64-linux-musl/libc.a ] || dpkg --add-architecture arm64
    needs /usr/lib/aarch64-linux-musl/libc.a musl-dev:arm64
    needs /usr/lib/gcc-cross/aarch64-linux-gnu/12/libgcc.a gcc-aarch64-linux-gnu
    needs /usr/aarch64-linux-gnu/include/linux/types.h linux-libc-dev-arm64-cross
    triple="--triple aarch64-none-none-elf"
    ;;
  *)
    echo "docker/build.sh: $arch: x86_64 or aarch64" >&2
    exit 2
    ;;
esac
cd "$root"
# SwiftPM does not link again when only the linker's options have changed.
options=$(cat "docker/release-$arch.json" docker/discard.ld docker/idle.order | cksum)
[ "$(cat ".build-$arch/options" 2>/dev/null)" = "$options" ] || rm -rf ".build-$arch"
# shellcheck disable=SC2086 # triple is two words or none
swift build -c release --product "$product" --experimental-lto-mode=full $triple \
  --scratch-path ".build-$arch" --toolset "docker/release-$arch.json" >&2
echo "$options" >".build-$arch/options"
mkdir -p "$out"
cp ".build-$arch/release/$product" "$out/$product"
ls -l "$out/$product" >&2
