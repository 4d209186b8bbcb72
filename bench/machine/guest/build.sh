#!/bin/bash
# Makes the benchmark program and prints the folder it is in: `native` for this machine, `riscv64` and, with it as /init, `riscv64.cpio`.
# Needs eng/setup.sh's packages. Kept by the hash of the sources; the generated functions, which take gcc a minute, by their own.
set -euo pipefail
cd "$(dirname "$0")"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
hash_of() { cat "$@" | sha256sum | head -c 16; }
dispersed=$cache/bench-dispersed-$(hash_of generate.awk bench.h)
out=$cache/bench-machine-$(hash_of ./*.c bench.h generate.awk build.sh)
flags=(-O2 -Wall -Wextra -Werror -fno-math-errno -I.)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -f "$dispersed/riscv64.o" ]; then
    mkdir -p "$dispersed"
    awk -v COUNT="$(sed -n 's/^#define DISPERSED_COUNT //p' bench.h)" -f generate.awk > "$work/dispersed.c"
    gcc "${flags[@]}" -c -o "$work/native.o" "$work/dispersed.c"
    riscv64-linux-gnu-gcc "${flags[@]}" -c -o "$work/riscv64.o" "$work/dispersed.c"
    mv "$work/native.o" "$work/riscv64.o" "$dispersed"
fi
if [ ! -f "$out/riscv64.cpio" ]; then
    mkdir -p "$out"
    gcc "${flags[@]}" -static -o "$out/native" ./*.c "$dispersed/native.o"
    riscv64-linux-gnu-gcc "${flags[@]}" -static -s -o "$work/init" ./*.c "$dispersed/riscv64.o"
    cp "$work/init" "$out/riscv64"
    (cd "$work" && echo init | cpio --quiet -o -H newc --reproducible -R 0:0) > "$work/cpio"
    mv "$work/cpio" "$out/riscv64.cpio"
fi
echo "$out"
