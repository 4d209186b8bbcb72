# Prints the C of the dispersed functions: COUNT of them, no two alike, a dozen statements each with branches that go both ways.
# A generator of its own makes the numbers, so that the code is the same wherever it is made.
function random(limit) { seed = (seed * 16807) % 2147483647; return int(seed / 7) % limit }
BEGIN {
    seed = 20240607
    print "#include \"bench.h\"\n"
    for (i = 0; i < COUNT; i++) {
        printf "__attribute__((noipa)) static uint64_t f%d(uint64_t a)\n{\n    uint64_t b = a ^ %du, c = %du;\n", i, random(1000000), random(1000000)
        for (j = 0; j < 10; j++) {
            kind = random(6)
            first = random(3)
            x = substr("abc", first + 1, 1)
            y = substr("abc", (first + 1 + random(2)) % 3 + 1, 1)
            n = random(30) + 1
            if (kind == 0) printf "    %s += %s + %d;\n", x, y, random(4000)
            else if (kind == 1) printf "    %s ^= %s >> %d;\n", x, y, n
            else if (kind == 2) printf "    if (%s & %d)\n        %s -= %s << %d;\n", y, 2 ^ (n % 12), x, y, n % 8
            else if (kind == 3) printf "    %s = (%s << %d) | (%s >> %d);\n", x, y, n, y, 64 - n
            else if (kind == 4) printf "    %s *= %du;\n", x, random(100000) * 2 + 1
            else printf "    if (%s > %s)\n        %s = ~%s + %d;\n", x, y, y, x, random(900)
        }
        print "    return a + b + c;\n}\n"
    }
    print "const dispersed_function dispersed_functions[DISPERSED_COUNT] = {"
    for (i = 0; i < COUNT; i++) printf "    f%d,\n", i
    print "};"
}
