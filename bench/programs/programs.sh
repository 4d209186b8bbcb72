#!/bin/sh
# Times whole programs, wherever it runs: prints "NAME SECONDS", the best of three. It makes its own input.
set -e
dir=$(mktemp -d)
awk 'BEGIN {
  print "#include <stdint.h>"
  for (i = 0; i < 100; i++) {
    printf "uint64_t f%d(uint64_t x, const uint64_t *p)\n{\n", i
    printf "    uint64_t sum = x * %du;\n", i * 7919 + 1
    printf "    for (uint64_t j = 0; j < (x & %d); j++) {\n", i % 31 + 1
    printf "        sum += p[j] ^ (sum >> %d);\n", i % 13 + 1
    printf "        if (sum %% %d == 0) sum = sum / 3 + p[j + 1];\n    }\n", i % 17 + 2
    if (i > 0) printf "    return f%d(sum, p + 1) + %d;\n}\n", int(i / 2), i
    else print "    return sum;\n}\n"
  }
}' >"$dir/input.c"
now() { date +%s%N; }
best() { # best NAME COMMAND...
  name=$1 least=; shift
  for run in 1 2 3; do
    begin=$(now)
    "$@" >/dev/null
    took=$((($(now) - begin) / 1000000))
    if [ -z "$least" ] || [ $took -lt $least ]; then least=$took; fi
  done
  echo "$name $((least / 1000)).$(printf %03d $((least % 1000)))"
}
best gcc gcc -O2 -c "$dir/input.c" -o "$dir/output.o"
best python3 python3 -c 'sum(i*i for i in range(10**6))'
best sh sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done'
rm -r "$dir"
