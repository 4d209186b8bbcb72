using System.Runtime.CompilerServices;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>What throws on CoreCLR traps in the module, naming the same exception and message.</summary>
public static class Traps
{
    private class Thing
    {
        public int Value;

        public virtual int Get() => Value;
    }

    private static Thing? nothing;
    private static int[]? noArray;
    private static readonly int[] Array = new int[3];

    [WasmExport("trap_divide")]
    public static int Divide(int a, int b) => a / b;

    [WasmExport("trap_remainder")]
    public static long Remainder(long a, long b) => a % b;

    [WasmExport("trap_unsigned")]
    public static ulong Unsigned(ulong a, ulong b) => (a / b) + (a % b);

    [WasmExport("trap_explicit")]
    public static int Explicit(int which)
    {
        switch (which & 7)
        {
            case 0: throw new InvalidOperationException("the machine stands still");
            case 1: throw new ArgumentException("bad argument");
            case 2: throw new NotSupportedException();
            case 3: Fail(which); return 1;
            case 4: return which > 1000 ? throw new FormatException("odd") : 5;
            default: return 2;
        }
    }

    private static void Fail(int which) => throw new ArgumentOutOfRangeException("which", "out of range: it is too odd");

    [WasmExport("trap_null_field")]
    [Inputs(0)]
    public static int NullField(int a) => nothing!.Value + a;

    [WasmExport("trap_null_call")]
    [Inputs(0)]
    public static int NullCall(int a) => nothing!.Get() + a;

    [WasmExport("trap_null_array")]
    [Inputs(0)]
    [Inputs(1)]
    public static int NullArray(int a) => noArray![a];

    [WasmExport("trap_index")]
    public static int Index(int a) => Array[a];

    [WasmExport("trap_negative_size")]
    [Inputs(-1)]
    [Inputs(3)]
    public static int Size(int a) => new int[a].Length;

    [WasmExport("trap_cast")]
    [Inputs(0)]
    [Inputs(1)]
    public static int Cast(int a)
    {
        object thing = (a & 1) == 0 ? new Thing() : Array;
        return ((Thing)thing).Value;
    }

    [WasmExport("trap_nullable")]
    public static int Nullable(int a)
    {
        int? value = a > 5 ? a : null;
        return value.Value;
    }

    [WasmExport("trap_after_finally")]
    public static int Order(int a)
    {
        int sum = 0;
        try
        {
            sum = checked(a * 65536);
        }
        finally
        {
            sum++;
        }

        return sum;
    }

    [WasmExport("trap_inlined")]
    public static int Inlined(int a) => Deep(a) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Deep(int a) => Deeper(a - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Deeper(int a) => checked(a + int.MaxValue);
}
