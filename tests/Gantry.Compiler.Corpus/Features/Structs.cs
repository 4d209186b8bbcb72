using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>Structs by value in every position: nested, generic, explicit layout, fixed buffers, ref, in, out, returned.</summary>
public static unsafe class Structs
{
    private struct Small
    {
        public byte A;
        public short B;
        public sbyte C;
    }

    private struct Outer
    {
        public Small First;
        public long Wide;
        public Small Second;
        public float Real;
    }

    [StructLayout(LayoutKind.Explicit)]
    private struct Union
    {
        [FieldOffset(0)] public ulong Whole;
        [FieldOffset(0)] public uint Low;
        [FieldOffset(4)] public uint High;
        [FieldOffset(2)] public ushort Middle;
        [FieldOffset(7)] public sbyte Top;
        [FieldOffset(0)] public double Real;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Packed
    {
        public byte A;
        public int B;
        public long C;
        public short D;
    }

    [StructLayout(LayoutKind.Explicit, Size = 40)]
    private struct Sized
    {
        [FieldOffset(8)] public int At8;
        [FieldOffset(32)] public int At32;
    }

    private struct Buffers
    {
        public fixed byte Bytes[7];
        public int After;
        public fixed long Longs[3];
    }

    [InlineArray(5)]
    private struct Five
    {
        private int first;
    }

    private struct Pair<TFirst, TSecond>
    {
        public TFirst First;
        public TSecond Second;

        public readonly Pair<TSecond, TFirst> Swap() => new() { First = Second, Second = First };
    }

    private readonly struct Complex(double re, double im)
    {
        public double Re { get; } = re;

        public double Im { get; } = im;

        public static Complex operator *(Complex a, Complex b) => new((a.Re * b.Re) - (a.Im * b.Im), (a.Re * b.Im) + (a.Im * b.Re));

        public static Complex operator +(in Complex a, in Complex b) => new(a.Re + b.Re, a.Im + b.Im);
    }

    private struct Empty;

    private struct Counter
    {
        public int Value;

        public int Next() => ++Value;

        public override readonly int GetHashCode() => Value * 3;
    }

    [WasmExport("struct_sizes")]
    public static long Sizes() => sizeof(Small) + (sizeof(Outer) * 100L) + (sizeof(Union) * 10000L) + (sizeof(Packed) * 1000000L)
        + (sizeof(Sized) * 100000000L) + (Unsafe.SizeOf<Five>() * 10000000000L) + (sizeof(Buffers) * 1000000000000L) + sizeof(Empty);

    [WasmExport("struct_nested")]
    public static long Nested(byte a, short b, sbyte c, long wide)
    {
        Outer outer = default;
        outer.First.A = a;
        outer.First.B = b;
        outer.Second = outer.First;
        outer.Second.C = c;
        outer.Wide = wide;
        outer.Real = a;
        Outer copy = outer;
        copy.First.A++;
        return Mix(outer) ^ (Mix(copy) * 3) ^ MixIn(in copy);
    }

    private static long Mix(Outer o)
    {
        o.Wide += o.First.A;
        return o.Wide + o.First.B + (o.Second.A * 5) + (o.Second.B * 7) + (o.Second.C * 11) + (long)o.Real;
    }

    private static long MixIn(in Outer o) => o.Wide - o.First.A - o.First.C - o.Second.C;

    [WasmExport("struct_union")]
    public static ulong Overlay(ulong value, ushort middle, sbyte top)
    {
        Union u = default;
        u.Whole = value;
        u.Middle = middle;
        ulong first = u.Whole;
        u.Top = top;
        (u.Low, u.High) = (u.High, u.Low);
        return first ^ u.Whole ^ u.Low;
    }

    [WasmExport("struct_union_double")]
    public static ulong OverlayDouble(double value) => double.IsNaN(value) ? 0 : new Union { Real = value }.High;

    [WasmExport("struct_packed")]
    public static long PackedFields(byte a, int b, long c, short d)
    {
        Packed* p = stackalloc Packed[3];
        p[1] = new Packed { A = a, B = b, C = c, D = d };
        p[2] = p[1];
        p[2].B ^= p[1].D;
        byte* raw = (byte*)p;
        long sum = 0;
        for (int i = 0; i < sizeof(Packed) * 3; i++) sum = (sum * 31) + raw[i];
        return sum + p[2].C;
    }

    [WasmExport("struct_sized")]
    public static int ExplicitSize(int a, int b)
    {
        Sized s = default;
        s.At8 = a;
        s.At32 = b;
        Sized t = s;
        int* p = (int*)&t;
        return p[2] ^ (p[8] * 3) ^ p[0] ^ p[9];
    }

    [WasmExport("struct_fixed")]
    public static long FixedBuffers(int index, int value)
    {
        Buffers b = default;
        for (int i = 0; i < 7; i++) b.Bytes[i] = (byte)(value + i);
        b.After = value;
        b.Longs[(index & 0x7FFFFFFF) % 3] = value;
        long sum = b.After;
        for (int i = 0; i < 7; i++) sum = (sum * 3) + b.Bytes[i];
        for (int i = 0; i < 3; i++) sum = (sum * 5) + b.Longs[i];
        return sum;
    }

    private struct Registers
    {
        public long Before;
        public fixed int Items[8];
        public long Reached;
        public long After;
        public ushort Count;
        public fixed long Rest[40];
    }

    /// <summary>Scalars beside an array whose index is known to stay inside, to reach the scalar behind it, to be anything; zeroed in every round, and copied.</summary>
    [WasmExport("struct_beside_array")]
    public static long BesideArray(int index, long value)
    {
        long sum = 0;
        Registers kept = default;
        for (int round = 0; round < 3; round++)
        {
            Registers r = default;
            r.Before = value;
            r.After = value >> 3;
            r.Items[2] = 5;
            for (int i = 0; i < 5; i++) Advance(ref r, index + i);
            // 8 and 9 are the halves of what follows.
            r.Items[8 | (round & 1)] = index;
            sum = (sum * 31) + r.Before + (r.After * 3) + r.Count + r.Items[index & 7] + r.Reached + r.Rest[round & 3];
            kept.Rest[round & 3] = sum;
            kept.Count++;
        }

        Registers copy = kept;
        copy.Count *= 3;
        return sum + kept.Count + (copy.Count * 7) + copy.Rest[index & 31];
    }

    private static void Advance(ref Registers r, int index)
    {
        r.Count += (ushort)(index | 1);
        r.Items[index & 7] += (int)r.Before;
        r.Before += r.Items[(index >> 2) & 7];
        if (r.Count % 3 == 0) r.After ^= r.Before;
        r.Rest[(index >> 1) & 31] = r.After;
    }

    [WasmExport("struct_inline_array")]
    public static int InlineArrays(int index, int value)
    {
        Five five = default;
        for (int i = 0; i < 5; i++) five[i] = value + i;
        five[(index & 0x7FFFFFFF) % 5] *= 2;
        int sum = 0;
        foreach (int item in five) sum = (sum * 7) + item;
        Span<int> span = five;
        return sum ^ span[^1];
    }

    [WasmExport("struct_generic")]
    public static long Generic(int a, long b)
    {
        var pair = new Pair<int, Pair<short, long>> { First = a, Second = new() { First = (short)b, Second = b } };
        Pair<Pair<short, long>, int> swapped = pair.Swap();
        return swapped.First.Second + swapped.Second + (swapped.First.Swap().Second * 3);
    }

    [WasmExport("struct_complex")]
    public static double ComplexNumbers(double re, double im, int n)
    {
        var z = new Complex(re, im);
        Complex sum = z;
        for (int i = 0; i < (n & 3); i++) sum = (sum * z) + z;
        return sum.Re + sum.Im;
    }

    [WasmExport("struct_ref_out")]
    public static int RefAndOut(int a, int b)
    {
        Small small = default;
        Fill(ref small, a, out int product, in b);
        ref short reference = ref Select(ref small.B, ref small);
        reference += (short)b;
        return product + small.A + (small.B * 3) + small.C;
    }

    private static void Fill(ref Small small, int a, out int product, in int b)
    {
        small = new Small { A = (byte)a, B = (short)b, C = (sbyte)(a >> 8) };
        product = a * b;
    }

    private static ref short Select(ref short first, ref Small other) => ref (other.A & 1) != 0 ? ref first : ref other.B;

    [WasmExport("struct_mutate")]
    public static int Mutate(int start)
    {
        var counter = new Counter { Value = start };
        Counter other = counter;
        int sum = counter.Next() + counter.Next() + other.Next();
        Counter* pointer = &counter;
        pointer->Next();
        sum += Bump(ref counter) + Bump(ref *pointer) + counter.GetHashCode();
        return sum + counter.Value - other.Value;
    }

    private static int Bump(ref Counter counter)
    {
        counter.Value += 10;
        return counter.Next();
    }

    [WasmExport("struct_tuple")]
    public static long Tuples(int a, int b, long c)
    {
        (int x, int y) = Divide(a, b | 1);
        (long First, (int, short) Second) tuple = (c, (x, (short)y));
        (a, b) = (b, a);
        var same = (a, b) == (x, y);
        return tuple.First + tuple.Second.Item1 - tuple.Second.Item2 + (same ? 1 : 0) + a;
    }

    private static (int Quotient, int Remainder) Divide(int a, int b) => b == -1 ? (0, 0) : (a / b, a % b);

    [WasmExport("struct_nullable")]
    public static long Nullables(int a, int b)
    {
        int? x = a > b ? a : null;
        int? y = b > 0 ? b : null;
        int? sum = x + y;
        return (x ?? -5) + ((y.HasValue ? y.Value : 3) * 100L) + (sum.GetValueOrDefault() * 3L) + (sum == null ? 1 : 2);
    }

    [WasmExport("struct_large_return")]
    public static long LargeReturn(int seed)
    {
        Large large = MakeLarge(seed);
        Large second = Transform(large, MakeLarge(seed + 1));
        return large.Sum() + (second.Sum() * 3);
    }

    private struct Large
    {
        public fixed int Values[33];

        public readonly long Sum()
        {
            long sum = 0;
            for (int i = 0; i < 33; i++) sum = (sum * 3) + Values[i];
            return sum;
        }
    }

    private static Large MakeLarge(int seed)
    {
        Large large = default;
        for (int i = 0; i < 33; i++) large.Values[i] = seed * i;
        return large;
    }

    private static Large Transform(Large a, Large b)
    {
        a.Values[3] = b.Values[4];
        b.Values[5] = a.Values[6];
        return a.Values[0] > b.Values[1] ? a : b;
    }

    [WasmExport("struct_array")]
    public static long StructsInArrays(int index, int value)
    {
        var array = new Outer[4];
        ref Outer item = ref array[index & 3];
        item.Wide = value;
        item.Second.B = (short)value;
        array[(index + 1) & 3] = item;
        array[(index + 1) & 3].Wide *= 2;
        long sum = 0;
        foreach (Outer o in array) sum = (sum * 3) + o.Wide + o.Second.B;
        return sum;
    }
}
