# Mixed work without end, in a Debian with compilers: after each round a line "round NUMBER DIGEST". Rounds compute the same, by code that is partly new each time.
set -e
export HOME=/tmp/home GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
mkdir -p $HOME /tmp/soak
cd /tmp/soak
git config --global user.email a@b
git config --global user.name n

work() {
    # A program of its own each round: other names, other padding, the same result.
    {
        echo '#include <stdio.h>'
        j=0
        while [ $j -lt 40 ]; do
            echo "static unsigned f${n}_$j(unsigned x) { for (int i = 0; i < $((100 + n % 7)); i++) x = x * 1664525 + 1013904223 + (x >> $((1 + j % 13))); return x & 0; }"
            j=$((j + 1))
        done
        echo 'int main(void) { unsigned x = 1;'
        j=0
        while [ $j -lt 40 ]; do
            echo "for (int i = 0; i < 200; i++) x += f${n}_$j(x) + $j;"
            j=$((j + 1))
        done
        echo 'printf("%u\n", x); return 0; }'
    } >p.c
    gcc -O2 p.c -o p
    ./p
    python3 -c 'import json, zlib; d = {str(i): i * i for i in range(20000)}; s = json.dumps(d).encode(); print(zlib.crc32(zlib.decompress(zlib.compress(s))), sum(d.values()))'
    perl -e 'my %h; $h{$_ % 977} += $_ for 1 .. 100000; print join(",", map { $h{$_} } sort { $a <=> $b } keys %h), "\n"' | sha256sum
    i=0 s=0
    while [ $i -lt 20000 ]; do i=$((i + 1)); s=$(((s * 31 + i) & 0xffffff)); done
    echo $s
    tar -C /usr/share -cf - perl 2>/dev/null | gzip -1 | gzip -d | sha256sum
    rm -rf r
    git init -q -b main r
    for i in 1 2 3; do seq $i 500 >r/f$i; git -C r add .; git -C r commit -qm $i; done
    git -C r gc -q
    git -C r fsck --strict
    git -C r rev-parse HEAD
}

n=0
while :; do
    n=$((n + 1))
    echo "round $n $(work 2>&1 | sha256sum | cut -c1-16)"
done
