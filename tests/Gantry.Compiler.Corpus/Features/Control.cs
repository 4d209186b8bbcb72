namespace Gantry.Compiler.Corpus.Features;

/// <summary>Control flow: loops in loops, early exits, goto into shapes no block nests, switches dense and sparse.</summary>
public static class Control
{
    [WasmExport("control_nested_loops")]
    public static int NestedLoops(int a, int b)
    {
        int sum = 0;
        for (int i = 0; i < (a & 15); i++)
        {
            for (int j = i; j < (b & 15); j++)
            {
                if (((i ^ j) & 7) == 5) continue;
                if (i * j > 60) break;
                for (int k = 0; ; k++)
                {
                    if (k > j) goto next;
                    if (sum > 5000) return sum - i - j - k;
                    sum += (i * j) + k;
                }

            next:
                sum ^= j;
            }
        }

        return sum;
    }

    [WasmExport("control_irreducible")]
    public static int Irreducible(int a, int b)
    {
        int steps = 0;
        if ((a & 1) != 0) goto second;
    first:
        a += 3;
        if (++steps > 20) return a - b;
        if ((a & 4) != 0) goto third;
    second:
        b ^= a;
        if (++steps > 25) return a + b;
        if ((b & 2) != 0) goto first;
    third:
        a -= b;
        steps += 2;
        if ((a & 8) != 0) goto second;
        if (steps < 30) goto first;
        return a ^ b;
    }

    [WasmExport("control_irreducible_nested")]
    public static long IrreducibleNested(int a, int b)
    {
        long sum = a;
        int fuel = 50;
        switch (b & 3)
        {
            case 0: goto inner;
            case 1: goto outer;
            case 2: goto tail;
        }

    outer:
        sum = (sum * 3) + 1;
        for (int i = 0; i < 3; i++)
        {
            if (--fuel < 0) goto done;
            if (((sum + i) & 5) == 4) goto tail;
        }

    inner:
        sum -= b;
        if (--fuel < 0) goto done;
        if ((sum & 1) == 0) goto outer;
    tail:
        sum ^= 0x55;
        if (--fuel < 0) goto done;
        if ((sum & 2) == 0) goto inner;
        goto outer;
    done:
        return sum;
    }

    [WasmExport("control_switch_dense")]
    public static int Dense(int value)
    {
        switch (value)
        {
            case -2: return 1;
            case -1: return 22;
            case 0: value += 5; break;
            case 1: goto case 3;
            case 2: value *= 3; goto default;
            case 3: value ^= 77; break;
            case 7: return 9;
            default: value--; break;
        }

        return value * 2;
    }

    [WasmExport("control_switch_sparse")]
    public static int Sparse(long value) => value switch
    {
        0 => 1,
        int.MaxValue => 2,
        uint.MaxValue => 3,
        long.MinValue => 4,
        -1 => 5,
        > 1000 and < 100000 => 6,
        < 0 => 7,
        _ => (int)value,
    };

    [WasmExport("control_switch_byte")]
    public static int Bytes(byte value)
    {
        int sum = 0;
        for (int i = 0; i < 5; i++)
        {
            switch ((value + i) & 0x1F)
            {
                case 0 or 1 or 2: sum += 1; continue;
                case 3: sum *= 2; break;
                case 4: case 5: case 6: case 7: sum ^= i; break;
                case 16: return sum;
                case 31: sum -= 9; break;
            }

            sum += 100;
        }

        return sum;
    }

    [WasmExport("control_short_circuit")]
    public static int ShortCircuit(int a, int b, int c)
    {
        int calls = 0;
        bool first = Count(ref calls, a > 0) && (Count(ref calls, b > 0) || Count(ref calls, c > 0));
        bool second = Count(ref calls, a == b) | Count(ref calls, c != 0) & !first;
        return (calls * 10) + (first ? 1 : 0) + (second ? 2 : 0) + (a > b ? b > c ? 100 : 200 : c > a ? 300 : 400);
    }

    private static bool Count(ref int calls, bool value)
    {
        calls++;
        return value;
    }

    [WasmExport("control_do_while")]
    public static int Collatz(uint start)
    {
        int steps = 0;
        ulong n = (start & 0xFFFF) + 1;
        do
        {
            n = (n & 1) == 0 ? n / 2 : (n * 3) + 1;
            steps++;
        }
        while (n != 1 && steps < 1000);
        return steps;
    }

    [WasmExport("control_recursion")]
    public static int Ackermann(byte m, byte n) => Ack(m & 1, n & 7) + Fibonacci(n & 15) + (Even(m) ? 1 : 0);

    private static int Ack(int m, int n) => m == 0 ? n + 1 : n == 0 ? Ack(m - 1, 1) : Ack(m - 1, Ack(m, n - 1));

    private static int Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);

    private static bool Even(int n) => n == 0 || Odd(n - 1);

    private static bool Odd(int n) => n != 0 && Even(n - 1);

    private static int log;

    [WasmExport("control_finally")]
    public static int Finally(int a, int b)
    {
        log = 0;
        int result = Protected(a & 7, b & 3);
        return (log * 100) + result;
    }

    private static int Protected(int a, int b)
    {
        for (int i = 0; i < 4; i++)
        {
            try
            {
                log += 1;
                if (i == a) continue;
                if (i + b == a) return i;
                try
                {
                    if (i == b) break;
                    log *= 2;
                }
                finally
                {
                    log += 3;
                    for (int j = 0; j < b; j++)
                    {
                        try
                        {
                            log++;
                        }
                        finally
                        {
                            log ^= 1;
                        }
                    }
                }
            }
            finally
            {
                log += i;
            }
        }

        return -1;
    }

    private struct Scope(int weight) : IDisposable
    {
        public void Dispose() => log += weight;
    }

    [WasmExport("control_using")]
    public static int Using(int a)
    {
        log = 0;
        return UsingInner(a) + (log * 1000);
    }

    private static int UsingInner(int a)
    {
        using var outer = new Scope(3);
        if ((a & 1) != 0) return 5;
        using (new Scope(a & 15))
        {
            if ((a & 2) != 0) return log;
        }

        return log;
    }

    [WasmExport("control_many_locals")]
    public static long ManyLocals(int a, int b)
    {
        int v0 = a, v1 = b, v2 = a + b, v3 = a - b, v4 = a ^ b, v5 = a & b, v6 = a | b, v7 = ~a;
        long w0 = a, w1 = b, w2 = 0, w3 = 1;
        for (int i = 0; i < 10; i++)
        {
            (v0, v1, v2, v3, v4, v5, v6, v7) = (v1 + i, v2 ^ i, v3 - i, v4, v5 + v0, v6, v7, v0);
            (w0, w1, w2, w3) = (w1 + v0, w2 - v1, w3 * 3, w0 ^ v7);
            if ((v3 & 8) != 0) w2 += v4;
        }

        return v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + w0 + w1 + w2 + w3;
    }
}
