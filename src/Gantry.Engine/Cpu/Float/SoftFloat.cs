using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>
/// Arithmetic in integers: every format, rounding mode and exception. <see cref="Float32"/> and <see cref="Float64"/> fall back on it
/// where the host's arithmetic does not tell all. An exact intermediate result of at most 128 bits is rounded once.
/// </summary>
internal static class SoftFloat
{
    /// <summary>a + b.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Add<TFormat, TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b)) return NaN<TFormat, TRules>(a, b, ref flags);
        if (Layout<TFormat>.IsInfinite(a) || Layout<TFormat>.IsInfinite(b))
        {
            if (Layout<TFormat>.IsInfinite(a) && Layout<TFormat>.IsInfinite(b) && a != b) return Invalid<TFormat, TRules>(ref flags);
            return Layout<TFormat>.IsInfinite(a) ? a : b;
        }

        if (Layout<TFormat>.IsZero(b)) return Layout<TFormat>.IsZero(a) ? AddZeros<TFormat>(a, b, mode) : a;
        if (Layout<TFormat>.IsZero(a)) return b;
        var x = Layout<TFormat>.Unpack(a);
        var y = Layout<TFormat>.Unpack(b);
        return AddUnpacked<TFormat, TRules>(x.Negative, x.Exponent, x.Significand, 0, y, mode, ref flags);
    }

    /// <summary>a * b.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Multiply<TFormat, TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b)) return NaN<TFormat, TRules>(a, b, ref flags);
        bool negative = Layout<TFormat>.IsNegative(a ^ b);
        bool zero = Layout<TFormat>.IsZero(a) || Layout<TFormat>.IsZero(b);
        if (Layout<TFormat>.IsInfinite(a) || Layout<TFormat>.IsInfinite(b))
            return zero ? Invalid<TFormat, TRules>(ref flags) : Layout<TFormat>.Signed(negative, Layout<TFormat>.Infinity);
        if (zero) return Layout<TFormat>.Signed(negative, 0);
        var x = Layout<TFormat>.Unpack(a);
        var y = Layout<TFormat>.Unpack(b);
        ulong high = Product(x, y, out ulong low, out int exponent);
        return Rounding.Round<TFormat, TRules>(negative, exponent, high, low, mode, ref flags);
    }

    /// <summary>a / b.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Divide<TFormat, TRules>(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b)) return NaN<TFormat, TRules>(a, b, ref flags);
        bool negative = Layout<TFormat>.IsNegative(a ^ b);
        if (Layout<TFormat>.IsInfinite(a))
            return Layout<TFormat>.IsInfinite(b) ? Invalid<TFormat, TRules>(ref flags) : Layout<TFormat>.Signed(negative, Layout<TFormat>.Infinity);
        if (Layout<TFormat>.IsZero(b))
        {
            if (Layout<TFormat>.IsZero(a)) return Invalid<TFormat, TRules>(ref flags);
            flags |= FloatFlags.DZ;
            return Layout<TFormat>.Signed(negative, Layout<TFormat>.Infinity);
        }

        if (Layout<TFormat>.IsZero(a) || Layout<TFormat>.IsInfinite(b)) return Layout<TFormat>.Signed(negative, 0);
        var x = Layout<TFormat>.Unpack(a);
        var y = Layout<TFormat>.Unpack(b);
        bool below = x.Significand < y.Significand;
        int exponent = x.Exponent - y.Exponent - (below ? 1 : 0);
        ulong quotient = below
            ? Wide.Divide(x.Significand, 0, y.Significand, out ulong remainder)
            : Wide.Divide(x.Significand >> 1, x.Significand << 63, y.Significand, out remainder);

        // Below the quotient's last place only this matters: nothing, less than half, half or more.
        ulong low = 0;
        if (remainder != 0)
        {
            ulong rest = y.Significand - remainder;
            low = remainder < rest ? 1ul : remainder == rest ? 1ul << 63 : (1ul << 63) | 1;
        }

        return Rounding.Round<TFormat, TRules>(negative, exponent, quotient, low, mode, ref flags);
    }

    /// <summary>The square root of a.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong SquareRoot<TFormat, TRules>(ulong a, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsNaN(a)) return NaN<TFormat, TRules>(a, a, ref flags);
        if (Layout<TFormat>.IsZero(a)) return a;
        if (Layout<TFormat>.IsNegative(a)) return Invalid<TFormat, TRules>(ref flags);
        if (Layout<TFormat>.IsInfinite(a)) return a;
        var x = Layout<TFormat>.Unpack(a);

        // Root digit by digit, two bits of the operand (scaled to an even exponent) for each bit of the root.
        int odd = x.Exponent & 1;
        ulong high = odd != 0 ? x.Significand : x.Significand >> 1, low = odd != 0 ? 0 : x.Significand << 63;
        ulong root = 0, rest = 0, restHigh = 0; // the remainder needs 65 bits at its widest
        for (int i = 0; i < 64; i++)
        {
            restHigh = (restHigh << 2) | (rest >> 62);
            rest = (rest << 2) | (high >> 62);
            high = (high << 2) | (low >> 62);
            low <<= 2;
            ulong trialHigh = root >> 62, trial = (root << 2) | 1;
            root <<= 1;
            if (restHigh > trialHigh || (restHigh == trialHigh && rest >= trial))
            {
                restHigh -= trialHigh + (rest < trial ? 1ul : 0);
                rest -= trial;
                root |= 1;
            }
        }

        // root^2 + remainder = operand; (root + 1/2)^2 = root^2 + root + 1/4, so beyond half exactly if the remainder exceeds root.
        ulong tail = (rest | restHigh) == 0 ? 0 : restHigh != 0 || rest > root ? (1ul << 63) | 1 : 1;
        return Rounding.Round<TFormat, TRules>(false, x.Exponent >> 1, root, tail, mode, ref flags);
    }

    /// <summary>a * b + c, rounded once. For formats of at most 63 bits of precision (see AddUnpacked).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong MultiplyAdd<TFormat, TRules>(ulong a, ulong b, ulong c, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        bool negative = Layout<TFormat>.IsNegative(a ^ b);
        ulong infinity = Layout<TFormat>.Infinity;
        if (Layout<TFormat>.Magnitude(a) - 1 < infinity - 1 && Layout<TFormat>.Magnitude(b) - 1 < infinity - 1
            && Layout<TFormat>.Magnitude(c) < infinity)
        {
            var x = Layout<TFormat>.Unpack(a);
            var y = Layout<TFormat>.Unpack(b);
            ulong high = Product(x, y, out ulong low, out int exponent);
            return Layout<TFormat>.IsZero(c)
                ? Rounding.Round<TFormat, TRules>(negative, exponent, high, low, mode, ref flags)
                : AddUnpacked<TFormat, TRules>(negative, exponent, high, low, Layout<TFormat>.Unpack(c), mode, ref flags);
        }

        // A zero, an infinity or a NaN among them: the product is a zero, an infinity or a NaN, or the result is c.
        bool invalidProduct = (Layout<TFormat>.IsInfinite(a) && Layout<TFormat>.IsZero(b))
            || (Layout<TFormat>.IsZero(a) && Layout<TFormat>.IsInfinite(b));
        if (Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b) || Layout<TFormat>.IsNaN(c))
        {
            // RISC-V raises NV for infinity * 0 + quiet NaN, x86 does not (IEEE 754-2019 7.2 leaves it open).
            if (invalidProduct && !TRules.PropagatesNaN) flags |= FloatFlags.NV;
            if (Layout<TFormat>.IsSignallingNaN(c)) flags |= FloatFlags.NV;
            return Layout<TFormat>.IsNaN(a) || Layout<TFormat>.IsNaN(b)
                ? NaN<TFormat, TRules>(a, b, ref flags)
                : NaN<TFormat, TRules>(c, c, ref flags);
        }

        if (invalidProduct) return Invalid<TFormat, TRules>(ref flags);
        if (Layout<TFormat>.IsInfinite(a) || Layout<TFormat>.IsInfinite(b))
        {
            bool opposite = Layout<TFormat>.IsInfinite(c) && Layout<TFormat>.IsNegative(c) != negative;
            return opposite ? Invalid<TFormat, TRules>(ref flags) : Layout<TFormat>.Signed(negative, infinity);
        }

        return Layout<TFormat>.IsZero(c) ? AddZeros<TFormat>(Layout<TFormat>.Signed(negative, 0), c, mode) : c;
    }

    /// <summary>The result when an operand is a NaN.</summary>
    public static ulong NaN<TFormat, TRules>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        if (Layout<TFormat>.IsSignallingNaN(a) || Layout<TFormat>.IsSignallingNaN(b)) flags |= FloatFlags.NV;
        if (!TRules.PropagatesNaN) return DefaultNaN<TFormat, TRules>();
        return (Layout<TFormat>.IsNaN(a) ? a : b) | Layout<TFormat>.QuietBit;
    }

    /// <summary>The result of operations without one; raises NV.</summary>
    public static ulong Invalid<TFormat, TRules>(ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        flags |= FloatFlags.NV;
        return DefaultNaN<TFormat, TRules>();
    }

    /// <summary>The quiet NaN without payload.</summary>
    public static ulong DefaultNaN<TFormat, TRules>()
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
        => Layout<TFormat>.Signed(TRules.DefaultNaNIsNegative, Layout<TFormat>.Infinity | Layout<TFormat>.QuietBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(in Unpacked x, in Unpacked y, out ulong low, out int exponent)
    {
        ulong high = Wide.Multiply(x.Significand, y.Significand, out low);
        exponent = x.Exponent + y.Exponent + 1;
        if (high >> 63 == 0)
        {
            high = (high << 1) | (low >> 63);
            low <<= 1;
            exponent--;
        }

        return high;
    }

    // IEEE 754-2019 section 6.3: the sum of zeros of different signs is +0, but -0 when rounding down.
    private static ulong AddZeros<TFormat>(ulong a, ulong b, RoundingMode mode)
        where TFormat : struct, IFloatFormat
        => a == b ? a : Layout<TFormat>.Signed(mode == RoundingMode.RDN, 0);

    // high:low / 2^127 * 2^exponent plus y.
    //
    // Why 128 bits and a sticky bit are enough: bits get lost only from the smaller operand, shifted right. If it loses any although
    // 128 bits are kept, it was shifted by more than 128 less its width: more than 64 places when a sum of two numbers, more than
    // 20 when it is a product of two 53-bit numbers. Then the difference cancels at most one leading bit, and the sticky bit stays
    // far below the place where the result is rounded (that is where MultiplyAdd needs a precision below 64: a product of
    // two 64-bit significands leaves no room).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong AddUnpacked<TFormat, TRules>(
        bool negative, int exponent, ulong high, ulong low, in Unpacked y, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        ulong high2 = y.Significand, low2 = 0;
        int distance = exponent - y.Exponent;
        if (distance >= 0)
        {
            Wide.ShiftRightJam(ref high2, ref low2, distance);
        }
        else
        {
            Wide.ShiftRightJam(ref high, ref low, -distance);
            exponent = y.Exponent;
        }

        if (negative == y.Negative)
        {
            low += low2;
            ulong carry = low < low2 ? 1ul : 0, sum = high + high2, total = sum + carry;
            bool over = sum < high2 || total < sum;
            high = total;
            if (over)
            {
                low = (low >> 1) | (low & 1) | (high << 63);
                high = (high >> 1) | (1ul << 63);
                exponent++;
            }
        }
        else
        {
            if (high < high2 || (high == high2 && low < low2))
            {
                (high, high2) = (high2, high);
                (low, low2) = (low2, low);
                negative = !negative;
            }

            ulong borrow = low < low2 ? 1ul : 0;
            low -= low2;
            high -= high2 + borrow;
            if ((high | low) == 0) return Layout<TFormat>.Signed(mode == RoundingMode.RDN, 0); // section 6.3
            if (high == 0)
            {
                (high, low) = (low, 0);
                exponent -= 64;
            }

            int shift = BitOperations.LeadingZeroCount(high);
            if (shift != 0)
            {
                high = (high << shift) | (low >> (64 - shift));
                low <<= shift;
                exponent -= shift;
            }
        }

        return Rounding.Round<TFormat, TRules>(negative, exponent, high, low, mode, ref flags);
    }
}
