using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Gantry.Engine.Cpu.Float;

/// <summary>
/// Arithmetic on binary64 bit patterns. Each operation first tries the host's double (WebAssembly's f64), which rounds to nearest even,
/// and keeps its result where it is provably right including the flags; all else goes to <see cref="SoftFloat"/>.
/// </summary>
/// <remarks>
/// Two steps, for rounding to nearest only. Quick: flags accrue, so once NX is set an inexact result has nothing left to report but
/// OF and UF, and the result's exponent excludes these. Exact: with NX clear, an error-free transformation tells whether the result is exact.
/// docs/float.md has the proofs.
/// </remarks>
public static class Float64
{
    private const ulong Infinity = 0x7ff0_0000_0000_0000, SignBit = 1ul << 63;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Host(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsQuick(RoundingMode mode, FloatFlags flags) => mode == RoundingMode.RNE && (flags & FloatFlags.NX) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFinite(ulong bits) => (bits & Infinity) != Infinity;

    // Rounds once or twice, as the host likes (relaxed SIMD's f64x2.relaxed_madd).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Estimate(double a, double b, double c) =>
        Vector128.MultiplyAddEstimate(Vector128.Create(a), Vector128.Create(b), Vector128.Create(c)).ToScalar();

    // Finite and above the least normal number: neither has it overflowed nor was it tiny before or after rounding.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsOrdinary(ulong bits) => (bits & ~SignBit) - (0x0010_0000_0000_0001) < Infinity - 0x0010_0000_0000_0001;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNormal(ulong bits) => (bits & ~SignBit) - 0x0010_0000_0000_0000 < Infinity - 0x0010_0000_0000_0000;

    /// <summary>a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add<TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        // Sums never underflow: a sum below the least normal number is exact (both operands are multiples of the least subnormal).
        ulong result = Bits(Host(a) + Host(b));
        if (IsQuick(mode, flags) && IsFinite(result)) return result;
        return AddChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>a - b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Subtract<TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        ulong result = Bits(Host(a) - Host(b));
        if (IsQuick(mode, flags) && IsFinite(result)) return result;

        // A NaN keeps its sign when it is propagated.
        return AddChecked<TRules>(a, Layout<Binary64>.IsNaN(b) ? b : b ^ SignBit, result, mode, ref flags);
    }

    /// <summary>a * b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Multiply<TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        ulong result = Bits(Host(a) * Host(b));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return MultiplyChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>a / b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Divide<TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        // An ordinary result tells that b was neither zero nor infinite nor NaN.
        ulong result = Bits(Host(a) / Host(b));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return DivideChecked<TRules>(a, b, result, mode, ref flags);
    }

    /// <summary>The square root of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SquareRoot<TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        // Roots neither overflow nor underflow; of zeros and what has none the softer path decides.
        ulong result = Bits(Math.Sqrt(Host(a)));
        if (IsQuick(mode, flags) && IsOrdinary(result)) return result;
        return SquareRootChecked<TRules>(a, result, mode, ref flags);
    }

    /// <summary>a * b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyAdd<TRules>(ulong a, ulong b, ulong c, RoundingMode mode, ref FloatFlags flags, bool hostFuses = false)
        where TRules : struct, IFloatRules
    {
        if (hostFuses)
        {
            ulong fused = Bits(Estimate(Host(a), Host(b), Host(c)));
            if (IsQuick(mode, flags) && IsOrdinary(fused)) return fused;
        }

        if (mode == RoundingMode.RNE && Float64Fused.TryMultiplyAdd(a, b, c, ref flags, out ulong result)) return result;
        return SoftFloat.MultiplyAdd<Binary64, TRules>(a, b, c, mode, ref flags);
    }

    /// <summary>a == b; NV for signalling NaN only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(ulong a, ulong b, ref FloatFlags flags)
    {
        if (Host(a) == Host(b)) return true;
        if (Layout<Binary64>.IsSignallingNaN(a) || Layout<Binary64>.IsSignallingNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    /// <summary>a &lt; b; NV for every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(ulong a, ulong b, ref FloatFlags flags)
    {
        if (Host(a) < Host(b)) return true;
        if (Layout<Binary64>.IsNaN(a) || Layout<Binary64>.IsNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    /// <summary>a &lt;= b; NV for every NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLessOrEqual(ulong a, ulong b, ref FloatFlags flags)
    {
        if (Host(a) <= Host(b)) return true;
        if (Layout<Binary64>.IsNaN(a) || Layout<Binary64>.IsNaN(b)) flags |= FloatFlags.NV;
        return false;
    }

    private static ulong AddChecked<TRules>(ulong a, ulong b, ulong result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsFinite(result))
        {
            // TwoSum (Knuth, TAOCP 2, 4.2.2): error is a + b - sum without any rounding; where a step overflows it is not finite.
            double x = Host(a), y = Host(b), sum = Host(result);
            double part = sum - x;
            double error = (x - (sum - part)) + (y - part);
            if (IsFinite(Bits(error)))
            {
                if (error != 0) flags |= FloatFlags.NX;
                return result;
            }
        }

        return SoftFloat.Add<Binary64, TRules>(a, b, mode, ref flags);
    }

    private static ulong MultiplyChecked<TRules>(ulong a, ulong b, ulong result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result) && IsNormal(a) && IsNormal(b))
        {
            if (!IsProductExact(a, b, result)) flags |= FloatFlags.NX;
            return result;
        }

        return SoftFloat.Multiply<Binary64, TRules>(a, b, mode, ref flags);
    }

    private static ulong DivideChecked<TRules>(ulong a, ulong b, ulong result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result) && IsNormal(a) && IsNormal(b))
        {
            // The quotient is exact if and only if quotient * b is exactly a.
            if (Host(result) * Host(b) != Host(a) || !IsProductExact(result, b, a)) flags |= FloatFlags.NX;
            return result;
        }

        return SoftFloat.Divide<Binary64, TRules>(a, b, mode, ref flags);
    }

    private static ulong SquareRootChecked<TRules>(ulong a, ulong result, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (mode == RoundingMode.RNE && IsOrdinary(result) && IsNormal(a))
        {
            if (Host(result) * Host(result) != Host(a) || !IsProductExact(result, result, a)) flags |= FloatFlags.NX;
            return result;
        }

        return SoftFloat.SquareRoot<Binary64, TRules>(a, mode, ref flags);
    }

    // Whether a * b, of which product is the correctly rounded value, is exact; all three normal.
    // Trailing zeros add up, so the exact product of significands m and n of l(m) and l(n) bits (without trailing zeros) is odd and
    // has l(m) + l(n) - 1 bits or one more: the latter if it reaches 2, that is if the exponents' sum grew by one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsProductExact(ulong a, ulong b, ulong product)
    {
        const ulong hidden = 1ul << 52;
        int bits = 106 - BitOperations.TrailingZeroCount(a | hidden) - BitOperations.TrailingZeroCount(b | hidden);
        if (bits != 54) return bits < 54;
        const ulong field = 0x7ff;
        return ((product >> 52) & field) + 1023 == ((a >> 52) & field) + ((b >> 52) & field);
    }
}
