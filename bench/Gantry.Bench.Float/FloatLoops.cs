using System.Runtime.InteropServices;
using Gantry.Engine.Cpu.Float;

namespace Gantry.Bench.Float;

/// <summary>The measured loops, in the engine's subset so that they can be compiled to WebAssembly as well.</summary>
public static unsafe class FloatLoops
{
    /// <summary>Operations that <see cref="Run"/> knows: 0 to this, exclusive.</summary>
    public const int Operations = 14;

    /// <summary>Memory for operands, for hosts of the compiled module.</summary>
    /// <param name="bytes">How much.</param>
    [WasmExport("allocate")]
    public static void* Allocate(int bytes) => NativeMemory.AllocZeroed((nuint)bytes);

    /// <summary>Runs <see cref="Run"/> several times and adds up what it returns.</summary>
    [WasmExport("repeat")]
    public static ulong Repeat(int operation, ulong* operands, int count, uint mode, uint flags, int passes)
    {
        ulong fold = 0;
        for (int pass = 0; pass < passes; pass++) fold += Run(operation, operands, count, (RoundingMode)mode, (FloatFlags)flags);
        return fold;
    }

    /// <summary>Runs one operation over all operands and folds the results, so that none can be left out.</summary>
    /// <param name="operation">Which one; <see cref="Name"/> names it.</param>
    /// <param name="operands">Triples of operands, binary64 (for the single-precision operations binary32 in the low half).</param>
    /// <param name="count">How many triples.</param>
    /// <param name="mode">Rounding mode.</param>
    /// <param name="flags">Flags before each operation.</param>
    public static ulong Run(int operation, ulong* operands, int count, RoundingMode mode, FloatFlags flags)
    {
        ulong fold = 0;
        for (ulong* p = operands, end = operands + (3 * count); p != end; p += 3)
        {
            FloatFlags f = flags;
            fold += operation switch
            {
                0 => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(p[0]) + BitConverter.UInt64BitsToDouble(p[1])),
                1 => Float64.Add<RiscVRules>(p[0], p[1], mode, ref f),
                2 => Float64.Multiply<RiscVRules>(p[0], p[1], mode, ref f),
                3 => Float64.Divide<RiscVRules>(p[0], p[1], mode, ref f),
                4 => Float64.SquareRoot<RiscVRules>(p[0], mode, ref f),
                5 => Float64.MultiplyAdd<RiscVRules>(p[0], p[1], p[2], mode, ref f),
                6 => Float64.IsLess(p[0], p[1], ref f) ? 1u : 0,
                7 => (ulong)FloatConvert.ToInt64<Binary64, RiscVRules>(p[0], RoundingMode.RTZ, ref f),
                8 => FloatConvert.ToBinary32<RiscVRules>(p[0], mode, ref f),
                9 => Float32.Add<RiscVRules>((uint)p[0], (uint)p[1], mode, ref f),
                10 => Float32.Multiply<RiscVRules>((uint)p[0], (uint)p[1], mode, ref f),
                11 => Float32.Divide<RiscVRules>((uint)p[0], (uint)p[1], mode, ref f),
                12 => Float32.SquareRoot<RiscVRules>((uint)p[0], mode, ref f),
                _ => Float32.MultiplyAdd<RiscVRules>((uint)p[0], (uint)p[1], (uint)p[2], mode, ref f),
            };
            fold += (ulong)f;
        }

        return fold;
    }

    /// <summary>What an operation is called in the table.</summary>
    public static string Name(int operation) => operation switch
    {
        0 => "host add.d (loop and dispatch)",
        1 => "add.d",
        2 => "mul.d",
        3 => "div.d",
        4 => "sqrt.d",
        5 => "madd.d",
        6 => "lt.d",
        7 => "cvt.l.d rtz",
        8 => "cvt.s.d",
        9 => "add.s",
        10 => "mul.s",
        11 => "div.s",
        12 => "sqrt.s",
        _ => "madd.s",
    };

    /// <summary>Whether the operands are binary32.</summary>
    public static bool IsSingle(int operation) => operation >= 9;
}
