using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>A binary interchange format (IEEE 754-2019 section 3.4). Implemented by empty structs.</summary>
public interface IFloatFormat
{
    /// <summary>Bits of the significand, the implicit one included (p in the standard). At most 64 for what rounds here.</summary>
    static abstract int Precision { get; }

    /// <summary>Bits of the exponent field (w in the standard).</summary>
    static abstract int ExponentBits { get; }
}

/// <summary>Single precision.</summary>
public readonly struct Binary32 : IFloatFormat
{
    /// <inheritdoc/>
    public static int Precision => 24;

    /// <inheritdoc/>
    public static int ExponentBits => 8;
}

/// <summary>Double precision.</summary>
public readonly struct Binary64 : IFloatFormat
{
    /// <inheritdoc/>
    public static int Precision => 53;

    /// <inheritdoc/>
    public static int ExponentBits => 11;
}

/// <summary>A finite, non-zero number: Significand / 2^63 * 2^Exponent, bit 63 of the significand set.</summary>
internal struct Unpacked
{
    public bool Negative;
    public int Exponent;
    public ulong Significand;
}

/// <summary>Masks and fields of a format. Bit patterns are in the low bits of a ulong, the rest zero.</summary>
internal static class Layout<TFormat>
    where TFormat : struct, IFloatFormat
{
    public static int FractionBits => TFormat.Precision - 1;

    public static int Bias => (1 << (TFormat.ExponentBits - 1)) - 1;

    public static ulong MaxExponentField => (1ul << TFormat.ExponentBits) - 1;

    public static ulong SignBit => 1ul << (FractionBits + TFormat.ExponentBits);

    public static ulong FractionMask => (1ul << FractionBits) - 1;

    public static ulong QuietBit => 1ul << (FractionBits - 1);

    public static ulong Infinity => MaxExponentField << FractionBits;

    public static ulong One => (ulong)Bias << FractionBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Magnitude(ulong bits) => bits & (SignBit - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNegative(ulong bits) => (bits & SignBit) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNaN(ulong bits) => Magnitude(bits) > Infinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSignallingNaN(ulong bits) => IsNaN(bits) && (bits & QuietBit) == 0;

    public static bool IsInfinite(ulong bits) => Magnitude(bits) == Infinity;

    public static bool IsZero(ulong bits) => Magnitude(bits) == 0;

    public static ulong Signed(bool negative, ulong magnitude) => negative ? magnitude | SignBit : magnitude;

    /// <summary>The operand must be finite and not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Unpacked Unpack(ulong bits)
    {
        Unpacked u;
        u.Negative = IsNegative(bits);
        int field = (int)(Magnitude(bits) >> FractionBits);
        ulong fraction = bits & FractionMask;
        if (field != 0)
        {
            u.Exponent = field - Bias;
            u.Significand = (1ul << 63) | (fraction << (63 - FractionBits));
        }
        else
        {
            int shift = BitOperations.LeadingZeroCount(fraction);
            u.Exponent = 1 - Bias + (63 - FractionBits) - shift;
            u.Significand = fraction << shift;
        }

        return u;
    }
}
