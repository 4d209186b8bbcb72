using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>
/// Arithmetic on binary32 bit patterns: as <see cref="Float64"/>, but exactness is mostly checked in double, which holds
/// the product of two singles without rounding.
/// </summary>
public static class Float32
{
    private const uint Infinity = 0x7f80_0000, SignBit = 1u << 31;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Host(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsQuick(RoundingMode mode, FloatFlags flags) => mode == RoundingMode.RNE && (flags & FloatFlags.NX) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFinite(uint bits) => (bits & Infinity) != Infinity;

    // Finite and above the least normal number: neither has it overflowed nor was it tiny before or after rounding.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOrdinary(uint bits) => (bits & ~SignBit) - 0x0080_0001 < Infinity - 0x0080_0001;

    /// <summary>a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add<TRules>(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        uint result = Bits(Host(a) + Host(b));
        if (IsQuick(mode, flags) && IsFinite(result)) return result;
        return AddChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>a - b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Subtract<TRules>(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        uint result = Bits(Host(a) - Host(b));
        if (IsQuick(mode, flags) && IsFinite(result)) return result;

        // A NaN keeps its sign when it is propagated.
        return AddChecked<TRules>(a, Layout<Binary32>.IsNaN(b) ? b : b ^ SignBit, result, mode, ref flags);
    }

    /// <summary>a * b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Multiply<TRules>(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        uint result = Bits(Host(a) * Host(b));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return MultiplyChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>a / b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Divide<TRules>(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        uint result = Bits(Host(a) / Host(b));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return DivideChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>The square root of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SquareRoot<TRules>(uint a, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        uint result = Bits(MathF.Sqrt(Host(a)));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return SquareRootChecked<TRules>(a, result, mode, ref flags);
    }

    /// <summary>a * b + c, rounded once.</summary>
    public static uint MultiplyAdd<TRules>(uint a, uint b, uint c, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        // The product is exact in double. If the sum in double is no midpoint between two singles, the exact sum lies on the same side
        // of every midpoint (they are doubles themselves), so rounding again to single gives what rounding once would.
        double product = (double)Host(a) * Host(b), addend = Host(c);
        double sum = product + addend;
        const ulong belowSingle = (1ul << 29) - 1, half = 1ul << 28;
        uint result = Bits((float)sum);
        if (mode == RoundingMode.RNE && IsOrdinary(result) && (BitConverter.DoubleToUInt64Bits(sum) & belowSingle) != half)
        {
            if ((flags & FloatFlags.NX) == 0)
            {
                double part = sum - product;
                double error = (product - (sum - part)) + (addend - part); // TwoSum; doubles have room, no step overflows
                if (error != 0 || Host(result) != sum) flags |= FloatFlags.NX;
            }

            return result;
        }

        return (uint)SoftFloat.MultiplyAdd<Binary32, TRules>(a, b, c, mode, ref flags);
    }

    /// <summary>a == b; NV for signalling NaN only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(uint a, uint b, ref FloatFlags flags)
    {
        if (Host(a) == Host(b)) return true;
        if (Layout<Binary32>.IsSignallingNaN(a) || Layout<Binary32>.IsSignallingNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    /// <summary>a &lt; b; NV for every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(uint a, uint b, ref FloatFlags flags)
    {
        if (Host(a) < Host(b)) return true;
        if (Layout<Binary32>.IsNaN(a) || Layout<Binary32>.IsNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    /// <summary>a &lt;= b; NV for every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLessOrEqual(uint a, uint b, ref FloatFlags flags)
    {
        if (Host(a) <= Host(b)) return true;
        if (Layout<Binary32>.IsNaN(a) || Layout<Binary32>.IsNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    private static uint AddChecked<TRules>(uint a, uint b, uint result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsFinite(result))
        {
            // TwoSum: the sum of two singles need not fit a double, the error of their rounded sum does.
            double x = Host(a), y = Host(b), sum = x + y;
            double part = sum - x;
            double error = (x - (sum - part)) + (y - part);
            if (error != 0 || Host(result) != sum) flags |= FloatFlags.NX;
            return result;
        }

        return (uint)SoftFloat.Add<Binary32, TRules>(a, b, mode, ref flags);
    }

    private static uint MultiplyChecked<TRules>(uint a, uint b, uint result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result))
        {
            if ((double)Host(a) * Host(b) != Host(result)) flags |= FloatFlags.NX;
            return result;
        }

        return (uint)SoftFloat.Multiply<Binary32, TRules>(a, b, mode, ref flags);
    }

    private static uint DivideChecked<TRules>(uint a, uint b, uint result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result))
        {
            if ((double)Host(result) * Host(b) != Host(a)) flags |= FloatFlags.NX;
            return result;
        }

        return (uint)SoftFloat.Divide<Binary32, TRules>(a, b, mode, ref flags);
    }

    private static uint SquareRootChecked<TRules>(uint a, uint result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result))
        {
            if ((double)Host(result) * Host(result) != Host(a)) flags |= FloatFlags.NX;
            return result;
        }

        return (uint)SoftFloat.SquareRoot<Binary32, TRules>(a, mode, ref flags);
    }
}
