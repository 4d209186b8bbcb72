#!/bin/bash
# Makes `programs.cpio`: the benchmark program as /init, and gcc, python3 and dash of a Debian riscv64 beside it; and `input.c`, which gcc is given. Prints the folder they are in.
# As root, after eng/setup.sh: the first time on a machine it makes that Debian (guest/rootfs/build.sh dev).
set -euo pipefail
cd "$(dirname "$0")"
init=$(./build.sh)/riscv64
root=$(../../../guest/rootfs/build.sh dev | tail -n 1)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gantry
out=$cache/bench-programs-$(cat "$init" programs.sh <(echo "$root") | sha256sum | head -c 16)
if [ ! -f "$out/programs.cpio" ]; then
    mkdir -p "$out"
    work=$(mktemp -d "$out/making.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    libraries='ld-linux-.*|lib(c|m|dl|z|zstd|gmp|mpfr|mpc|isl|expat)'
    tar -tf "$root" | grep -E "^\./usr/(bin/(dash|(riscv64-linux-gnu-)?gcc(-[0-9]+)?|python3(\.[0-9]+)?)|lib/python3\.[0-9]+/.*|libexec/gcc/[^/]+/[0-9]+/cc1|lib/(ld-linux[^/]*|[^/]+/($libraries)\.so[.0-9]*))\$" |
        grep -vE '/python3\.[0-9]+/(test|idlelib|tkinter|ensurepip|pydoc_data|turtledemo)/' > "$work/list"
    mkdir "$work/root"
    tar -C "$work/root" --no-recursion -T "$work/list" -xf "$root"
    ln -s usr/bin "$work/root/bin"
    ln -s usr/lib "$work/root/lib"
    # An empty folder, or cc1 complains that there is nowhere to look for what it includes by itself.
    mkdir -p "$work/root/tmp" "$work/root/usr/include"
    cp "$init" "$work/root/init"
    awk 'BEGIN {
      print "typedef unsigned long uint64_t;"
      for (i = 0; i < 100; i++) {
        printf "uint64_t f%d(uint64_t x, const uint64_t *p)\n{\n", i
        printf "    uint64_t sum = x * %du;\n", i * 7919 + 1
        printf "    for (uint64_t j = 0; j < (x & %d); j++) {\n", i % 31 + 1
        printf "        sum += p[j] ^ (sum >> %d);\n", i % 13 + 1
        printf "        if (sum %% %d == 0)\n            sum = sum / 3 + p[j + 1];\n    }\n", i % 17 + 2
        if (i > 0) printf "    return f%d(sum, p + 1) + %d;\n}\n", int(i / 2), i
        else print "    return sum;\n}\n"
      }
    }' > "$work/root/input.c"
    cp "$work/root/input.c" "$out/input.c"
    (cd "$work/root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0) > "$work/cpio"
    mv "$work/cpio" "$out/programs.cpio"
fi
echo "$out"
