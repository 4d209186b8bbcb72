using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>Conversions between formats and between numbers and integers; rounding to integral values.</summary>
public static class FloatConvert
{
    /// <summary>binary32 to binary64: exact but for signalling NaN.</summary>
    public static ulong ToBinary64<TRules>(uint a, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        if (!Layout<Binary32>.IsNaN(a)) return BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle(a));
        if (Layout<Binary32>.IsSignallingNaN(a)) flags |= FloatFlags.NV;
        if (!TRules.PropagatesNaN) return SoftFloat.DefaultNaN<Binary64, TRules>();
        ulong fraction = (ulong)(a & (uint)Layout<Binary32>.FractionMask) << 29;
        return Layout<Binary64>.Signed(Layout<Binary32>.IsNegative(a), Layout<Binary64>.Infinity | Layout<Binary64>.QuietBit | fraction);
    }

    /// <summary>binary64 to binary32.</summary>
    public static uint ToBinary32<TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
    {
        double value = BitConverter.UInt64BitsToDouble(a);
        float single = (float)value;
        uint result = BitConverter.SingleToUInt32Bits(single);
        if (mode == RoundingMode.RNE && (result & ~(1u << 31)) - 0x0080_0001 < 0x7f80_0000 - 0x0080_0001)
        {
            // Neither overflowed nor tiny (see Float32.IsOrdinary): inexact is all it can be.
            if (single != value) flags |= FloatFlags.NX;
            return result;
        }

        if (Layout<Binary64>.IsNaN(a))
        {
            if (Layout<Binary64>.IsSignallingNaN(a)) flags |= FloatFlags.NV;
            if (!TRules.PropagatesNaN) return (uint)SoftFloat.DefaultNaN<Binary32, TRules>();
            ulong fraction = (a & Layout<Binary64>.FractionMask) >> 29;
            return (uint)Layout<Binary32>.Signed(
                Layout<Binary64>.IsNegative(a), Layout<Binary32>.Infinity | Layout<Binary32>.QuietBit | fraction);
        }

        bool negative = Layout<Binary64>.IsNegative(a);
        if (Layout<Binary64>.IsZero(a)) return (uint)Layout<Binary32>.Signed(negative, 0);
        if (Layout<Binary64>.IsInfinite(a)) return (uint)Layout<Binary32>.Signed(negative, Layout<Binary32>.Infinity);
        var x = Layout<Binary64>.Unpack(a);
        return (uint)Rounding.Round<Binary32, TRules>(negative, x.Exponent, x.Significand, 0, mode, ref flags);
    }

    /// <summary>A signed integer to binary64. 32-bit integers convert exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FromInt64ToBinary64<TRules>(long value, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
        => value == (int)value
            ? BitConverter.DoubleToUInt64Bits((int)value)
            : FromInteger<Binary64, TRules>(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, mode, ref flags);

    /// <summary>An unsigned integer to binary64. 32-bit integers convert exactly.</summary>
    public static ulong FromUInt64ToBinary64<TRules>(ulong value, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
        => FromInteger<Binary64, TRules>(false, value, mode, ref flags);

    /// <summary>A signed integer to binary32.</summary>
    public static uint FromInt64ToBinary32<TRules>(long value, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
        => (uint)FromInteger<Binary32, TRules>(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, mode, ref flags);

    /// <summary>An unsigned integer to binary32.</summary>
    public static uint FromUInt64ToBinary32<TRules>(ulong value, RoundingMode mode, ref FloatFlags flags)
        where TRules : struct, IFloatRules
        => (uint)FromInteger<Binary32, TRules>(false, value, mode, ref flags);

    /// <summary>To a signed 32-bit integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToInt32<TFormat, TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        double value = Value<TFormat>(a);
        if (mode == RoundingMode.RTZ && value > -2147483649.0 && value < 2147483648.0)
        {
            int integer = (int)value;
            if (integer != value) flags |= FloatFlags.NX;
            return integer;
        }

        return (int)(uint)ToInteger<TFormat, TRules>(a, true, 32, mode, ref flags);
    }

    /// <summary>To an unsigned 32-bit integer.</summary>
    public static uint ToUInt32<TFormat, TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
        => (uint)ToInteger<TFormat, TRules>(a, false, 32, mode, ref flags);

    /// <summary>To a signed 64-bit integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ToInt64<TFormat, TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        double value = Value<TFormat>(a);
        if (mode == RoundingMode.RTZ && value >= -9223372036854775808.0 && value < 9223372036854775808.0)
        {
            long integer = (long)value;
            if (integer != value) flags |= FloatFlags.NX; // comparing rounds the integer, but from 2^53 on it is exact
            return integer;
        }

        return (long)ToInteger<TFormat, TRules>(a, true, 64, mode, ref flags);
    }

    /// <summary>To an unsigned 64-bit integer.</summary>
    public static ulong ToUInt64<TFormat, TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
        => ToInteger<TFormat, TRules>(a, false, 64, mode, ref flags);

    /// <summary>To the nearest integral value in the same format.</summary>
    /// <param name="a">The number.</param>
    /// <param name="mode">How to round.</param>
    /// <param name="raisesInexact">Whether NX is raised when the value changes.</param>
    /// <param name="flags">Accrues the exceptions.</param>
    public static ulong RoundToIntegral<TFormat, TRules>(ulong a, RoundingMode mode, bool raisesInexact, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsNaN(a)) return SoftFloat.NaN<TFormat, TRules>(a, a, ref flags);
        ulong magnitude = Layout<TFormat>.Magnitude(a);
        int exponent = (int)(magnitude >> Layout<TFormat>.FractionBits) - Layout<TFormat>.Bias;
        if (exponent >= Layout<TFormat>.FractionBits || magnitude == 0) return a;
        bool negative = Layout<TFormat>.IsNegative(a);
        ulong result;
        if (exponent < 0)
        {
            ulong cut = exponent < -1 ? 1 : (1ul << 63) | ((magnitude & Layout<TFormat>.FractionMask) << (63 - Layout<TFormat>.FractionBits));
            result = Rounding.Increments(mode, negative, 0, cut) ? Layout<TFormat>.One : 0;
        }
        else
        {
            int below = Layout<TFormat>.FractionBits - exponent;
            ulong kept = magnitude >> below;
            if (Rounding.Increments(mode, negative, kept, magnitude << (64 - below))) kept++;
            result = kept << below; // a carry moves on into the exponent, as it should
        }

        if (raisesInexact && result != magnitude) flags |= FloatFlags.NX;
        return Layout<TFormat>.Signed(negative, result);
    }

    // The number as a double: exact in both formats.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Value<TFormat>(ulong a)
        where TFormat : struct, IFloatFormat
        => TFormat.Precision == 24 ? BitConverter.UInt32BitsToSingle((uint)a) : BitConverter.UInt64BitsToDouble(a);

    private static ulong FromInteger<TFormat, TRules>(bool negative, ulong magnitude, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (magnitude == 0) return 0;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return Rounding.Round<TFormat, TRules>(negative, 63 - shift, magnitude << shift, 0, mode, ref flags);
    }

    private static ulong ToInteger<TFormat, TRules>(ulong a, bool signed, int width, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsZero(a)) return 0;
        bool negative = Layout<TFormat>.IsNegative(a);
        ulong signBit = 1ul << (width - 1);
        if (Layout<TFormat>.Magnitude(a) < Layout<TFormat>.Infinity)
        {
            var x = Layout<TFormat>.Unpack(a);
            if (x.Exponent < 64)
            {
                ulong kept = x.Exponent < 0 ? 0 : x.Significand >> (63 - x.Exponent);
                ulong cut = x.Exponent < -1 ? 1 : x.Exponent == 63 ? 0 : x.Significand << (x.Exponent + 1);
                if (Rounding.Increments(mode, negative, kept, cut)) kept++;
                ulong most = signed ? (negative ? signBit : signBit - 1) : (negative ? 0 : signBit + (signBit - 1));
                if (kept <= most)
                {
                    if (cut != 0) flags |= FloatFlags.NX;
                    return negative ? 0 - kept : kept;
                }
            }
        }

        flags |= FloatFlags.NV;
        if (TRules.InvalidIntegerIsIndefinite) return signBit;
        bool toLeast = negative && !Layout<TFormat>.IsNaN(a);
        return signed ? (toLeast ? 0 - signBit : signBit - 1) : (toLeast ? 0 : signBit + (signBit - 1));
    }
}
