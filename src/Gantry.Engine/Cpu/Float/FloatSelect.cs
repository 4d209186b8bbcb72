namespace Gantry.Engine.Cpu.Float;

/// <summary>RISC-V's fclass bits (unprivileged specification, "Single-Precision Floating-Point Classify Instruction").</summary>
[Flags]
public enum FloatClasses : uint
{
    /// <summary>None; no number has no class.</summary>
    None = 0,
    NegativeInfinity = 1,
    NegativeNormal = 2,
    NegativeSubnormal = 4,
    NegativeZero = 8,
    PositiveZero = 16,
    PositiveSubnormal = 32,
    PositiveNormal = 64,
    PositiveInfinity = 128,
    SignallingNaN = 256,
    QuietNaN = 512,
}

/// <summary>Operations that choose or take apart but never round: minimum, maximum, sign injection, classification.</summary>
public static class FloatSelect
{
    /// <summary>RISC-V fmin and fmax: IEEE 754-2019 minimumNumber and maximumNumber; -0 is less than +0.</summary>
    public static ulong MinimumMaximumNumber<TFormat>(bool maximum, ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (Layout<TFormat>.IsSignallingNaN(a) || Layout<TFormat>.IsSignallingNaN(b)) flags |= FloatFlags.NV;
        if (Layout<TFormat>.IsNaN(a)) return Layout<TFormat>.IsNaN(b) ? SoftFloat.DefaultNaN<TFormat, RiscVRules>() : b;
        if (Layout<TFormat>.IsNaN(b)) return a;
        return IsBelow<TFormat>(a, b) != maximum ? a : b;
    }

    /// <summary>SSE min and max: the second operand if either is a NaN (NV) or both are zeros (Intel SDM, MINSD).</summary>
    public static ulong MinimumMaximumSse<TFormat>(bool maximum, ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
    {
        if (Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b))
        {
            flags |= FloatFlags.NV;
            return b;
        }

        if (Layout<TFormat>.Magnitude(a | b) == 0) return b;
        return (maximum ? IsBelow<TFormat>(b, a) : IsBelow<TFormat>(a, b)) ? a : b;
    }

    /// <summary>a's magnitude with b's sign (fsgnj).</summary>
    public static ulong CopySign<TFormat>(ulong a, ulong b)
        where TFormat : struct, IFloatFormat
        => Layout<TFormat>.Magnitude(a) | (b & Layout<TFormat>.SignBit);

    /// <summary>a's magnitude with the opposite of b's sign (fsgnjn).</summary>
    public static ulong CopyOppositeSign<TFormat>(ulong a, ulong b)
        where TFormat : struct, IFloatFormat
        => Layout<TFormat>.Magnitude(a) | (~b & Layout<TFormat>.SignBit);

    /// <summary>a with its sign inverted if b's is set (fsgnjx).</summary>
    public static ulong XorSign<TFormat>(ulong a, ulong b)
        where TFormat : struct, IFloatFormat
        => a ^ (b & Layout<TFormat>.SignBit);

    /// <summary>The one class a belongs to.</summary>
    public static FloatClasses Classify<TFormat>(ulong a)
        where TFormat : struct, IFloatFormat
    {
        ulong magnitude = Layout<TFormat>.Magnitude(a);
        if (magnitude > Layout<TFormat>.Infinity)
            return (a & Layout<TFormat>.QuietBit) != 0 ? FloatClasses.QuietNaN : FloatClasses.SignallingNaN;
        bool negative = Layout<TFormat>.IsNegative(a);
        if (magnitude == Layout<TFormat>.Infinity) return negative ? FloatClasses.NegativeInfinity : FloatClasses.PositiveInfinity;
        if (magnitude == 0) return negative ? FloatClasses.NegativeZero : FloatClasses.PositiveZero;
        if (magnitude <= Layout<TFormat>.FractionMask) return negative ? FloatClasses.NegativeSubnormal : FloatClasses.PositiveSubnormal;
        return negative ? FloatClasses.NegativeNormal : FloatClasses.PositiveNormal;
    }

    // Order of numbers, -0 before +0.
    private static bool IsBelow<TFormat>(ulong a, ulong b)
        where TFormat : struct, IFloatFormat
    {
        bool negative = Layout<TFormat>.IsNegative(a);
        if (negative != Layout<TFormat>.IsNegative(b)) return negative;
        return negative ? a > b : a < b;
    }
}
