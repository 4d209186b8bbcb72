using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>From an exact result (or one exact up to a sticky bit) to a bit pattern and its exceptions.</summary>
internal static class Rounding
{
    private const ulong Half = 1ul << 63;

    /// <summary>Whether the magnitude kept is to be raised by one, given what was cut off as a fraction of 2^64 of its last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Increments(RoundingMode mode, bool negative, ulong kept, ulong cut) => mode switch
    {
        RoundingMode.RNE => cut > Half || (cut == Half && (kept & 1) != 0),
        RoundingMode.RDN => negative && cut != 0,
        RoundingMode.RUP => !negative && cut != 0,
        RoundingMode.RMM => cut >= Half,
        _ => false,
    };

    /// <summary>Rounds high:low / 2^127 * 2^exponent; bit 63 of high is set, bit 0 of low may stand for any bits below it.</summary>
    public static ulong Round<TFormat, TRules>(
        bool negative, int exponent, ulong high, ulong low, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        int least = 1 - Layout<TFormat>.Bias;
        if (exponent < least) return RoundSubnormal<TFormat, TRules>(negative, exponent, high, low, mode, ref flags);

        ulong kept = Cut<TFormat>(high, low, out ulong cut);
        if (cut != 0) flags |= FloatFlags.NX;

        // The hidden bit adds one to the exponent field; a carry out of the significand does so once more, leaving zeros.
        ulong magnitude = ((ulong)(exponent - least) << Layout<TFormat>.FractionBits) + kept;
        if (Increments(mode, negative, kept, cut)) magnitude++;
        if (exponent > Layout<TFormat>.Bias || magnitude >= Layout<TFormat>.Infinity)
        {
            flags |= FloatFlags.OF | FloatFlags.NX;
            bool toInfinity = mode is RoundingMode.RNE or RoundingMode.RMM
                || mode == (negative ? RoundingMode.RDN : RoundingMode.RUP);
            magnitude = toInfinity ? Layout<TFormat>.Infinity : Layout<TFormat>.Infinity - 1;
        }

        return Layout<TFormat>.Signed(negative, magnitude);
    }

    private static ulong RoundSubnormal<TFormat, TRules>(
        bool negative, int exponent, ulong high, ulong low, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IFloatFormat
        where TRules : struct, IFloatRules
    {
        int least = 1 - Layout<TFormat>.Bias;
        bool tiny = true;
        if (TRules.TininessAfterRounding && exponent == least - 1)
        {
            // Not tiny if rounding at full precision carries up to the least normal number.
            ulong all = Cut<TFormat>(high, low, out ulong rest);
            tiny = !(Increments(mode, negative, all, rest) && all == (ulong.MaxValue >> (64 - TFormat.Precision)));
        }

        Wide.ShiftRightJam(ref high, ref low, least - exponent);
        ulong kept = Cut<TFormat>(high, low, out ulong cut);
        if (cut != 0) flags |= tiny ? FloatFlags.NX | FloatFlags.UF : FloatFlags.NX;
        if (Increments(mode, negative, kept, cut)) kept++;
        return Layout<TFormat>.Signed(negative, kept); // a carry into the exponent field gives the least normal number
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Cut<TFormat>(ulong high, ulong low, out ulong cut)
        where TFormat : struct, IFloatFormat
    {
        if (TFormat.Precision == 64)
        {
            cut = low;
            return high;
        }

        cut = (high << TFormat.Precision) | (low != 0 ? 1ul : 0);
        return high >> (64 - TFormat.Precision);
    }
}
