using System.Runtime.CompilerServices;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>Memory that is read again: what the compiler remembers of it must end where something may have written to it.</summary>
public static unsafe class Loads
{
    private struct Cell
    {
        public long A;
        public long B;
        public int C;
        public byte D;
    }

    // Two addresses of which the compiler cannot know that they are the same.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Cell* Same(Cell* cell) => cell;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Bump(Cell* cell) => cell->C += 3;

    /// <summary>A loop that breaks in its middle, around a loop that writes; the exit comes before the body in the code.</summary>
    [WasmExport("loads_inner_loop_writes")]
    public static long InnerLoopWrites(int n, int m)
    {
        Cell cell = default;
        Cell* p = Same(&cell);
        p->A = n;
        long sum = p->A;
        n &= 15;
        while (true)
        {
            if (n-- <= 0) break;
            sum = (sum * 3) + p->A;
            while (true)
            {
                if ((m & 3) == 0) goto after;
                p->A += m;
                m = (m >> 1) & 0xFFFFFF;
            }

        after:
            m += 11;
        }

        return sum + p->A;
    }

    /// <summary>Nothing in the loop writes to the one field, something does to its neighbour.</summary>
    [WasmExport("loads_neighbour")]
    public static long Neighbour(int n, int m)
    {
        Cell cell = default;
        Cell* p = Same(&cell);
        p->A = m;
        p->B = n;
        long sum = p->A + p->B;
        for (int i = 0; i < (n & 15); i++)
        {
            sum += p->A ^ p->B;
            p->B = sum;
        }

        return sum + p->A + p->B;
    }

    /// <summary>Both sides of a branch read, one writes through another pointer to the same cell, or calls what does.</summary>
    [WasmExport("loads_join")]
    public static long Join(int n, int m)
    {
        Cell cell = default;
        Cell* p = Same(&cell), q = Same(&cell);
        p->A = n;
        p->C = m;
        long sum = p->A + p->C;
        switch (n & 7)
        {
            case 0: sum += p->C; break;
            case 1: q->A = 5; break;
            case 2: sum -= p->A; break;
            case 3: sum += Bump(q); break;
            case 4: q->D = (byte)m; break;
            case 5: *(int*)((byte*)q + 2) = m; break;
            default: p->A++; break;
        }

        return (sum * 31) + p->A + p->C + p->D;
    }

    /// <summary>A loop with two jumps back, of which one passes a write.</summary>
    [WasmExport("loads_two_latches")]
    public static long TwoLatches(int n, int m)
    {
        Cell cell = default;
        Cell* p = Same(&cell);
        p->C = m;
        long sum = p->C;
        n &= 31;
    again:
        sum = (sum * 5) + p->C;
        if (--n < 0) return sum;
        if ((n & 1) != 0) goto again;
        p->C ^= n;
        goto again;
    }

    /// <summary>A write after the loop's test of the same memory, seen by the next test.</summary>
    [WasmExport("loads_condition")]
    public static int Condition(int n)
    {
        Cell cell = default;
        Cell* p = Same(&cell);
        p->C = n & 63;
        int turns = 0;
        do
        {
            turns += p->C;
            if (p->C == 7) p->C = 3;
            else p->C--;
        }
        while (p->C > 0 && turns < 5000);
        return turns;
    }
}
