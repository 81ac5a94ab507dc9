# shellcheck shell=bash
# Builds .build-fuzz/fuzz where a source is newer: the core and the targets as one module, so that a
# target sees what a test sees. Read by `run` and `keep`.
mkdir -p .build-fuzz
library=$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/linux
export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# Swift's own crash report would end the run before libFuzzer's.
export SWIFT_BACKTRACE=enable=no
if ! [ -e .build-fuzz/fuzz ] ||
  [ -n "$(find Sources/DrainCore Tests/Fuzz -name '*.swift' -newer .build-fuzz/fuzz)" ]; then
  swiftc -O -use-ld=lld -sanitize=fuzzer,address -parse-as-library -module-name DrainCore \
    -enable-experimental-feature Lifetimes -o .build-fuzz/fuzz \
    Sources/DrainCore/*/*.swift Tests/Fuzz/*.swift
fi
