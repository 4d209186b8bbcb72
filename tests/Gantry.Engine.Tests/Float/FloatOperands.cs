namespace Gantry.Engine.Tests.Float;

/// <summary>Operands where floating-point goes wrong: edges of the format, and random numbers that meet those edges when combined.</summary>
public sealed class FloatOperands(ulong seed, int precision, int exponentBits)
{
    private readonly int fractionBits = precision - 1;
    private ulong state = seed;

    private int Bias => (1 << (exponentBits - 1)) - 1;

    private ulong MaxField => (1ul << exponentBits) - 1;

    private ulong FractionMask => (1ul << fractionBits) - 1;

    private ulong SignBit => 1ul << (fractionBits + exponentBits);

    /// <summary>64 random bits (SplitMix64).</summary>
    public ulong Next()
    {
        ulong z = state += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }

    /// <summary>A random number below a bound.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>Zeros, subnormals, least and greatest, infinities, NaNs, ones, halves, neighbours and limits of the integers; both signs.</summary>
    public IEnumerable<ulong> Edges(bool few)
    {
        ulong one = Field(0), quiet = 1ul << (fractionBits - 1), infinity = MaxField << fractionBits;
        List<ulong> positive = [0, 1, FractionMask, Field(1 - Bias), Field(1 - Bias) + 1, one, one + 1, Field(1) + (quiet >> 1), infinity - 1, infinity, infinity + 1, infinity + quiet + 5];
        if (!few)
        {
            positive.AddRange([2, 3, quiet, FractionMask - 1, Field(2 - Bias), Field(2 - Bias) - 1, one - 1, Field(-1), Field(-1) + 1, Field(-1) - 1, Field(1) - 1, infinity - 2, infinity + quiet, infinity + FractionMask, Field(Bias), Field(Bias - 1) + FractionMask]);
            foreach (int power in (ReadOnlySpan<int>)[fractionBits - 1, fractionBits, fractionBits + 1, 31, 32, 63, 64])
                positive.AddRange([Field(power), Field(power) - 1, Field(power) + 1]);
            if (precision > 24)
            {
                foreach (int power in (ReadOnlySpan<int>)[-150, -149, -148, -127, -126, -125, 127, 128]) // binary32's limits
                    foreach (long low in (ReadOnlySpan<long>)[0, 1, -1, 1L << 28, 3L << 28, 7L << 27, -(1L << 27), -(1L << 28), -(1L << 29), -(3L << 28)])
                        positive.Add(Field(power) + (ulong)low);
            }

            for (int i = 0; i < 6; i++) positive.Add(Field(i - 1) + (quiet >> (i / 2)));
        }

        return positive.SelectMany(p => new[] { p, p | SignBit });
    }

    /// <summary>One random operand; the kind is random too.</summary>
    public ulong Operand()
    {
        ulong sign = (Next() & 1) * SignBit;
        return Below(11) switch
        {
            0 => Next() & (SignBit | (SignBit - 1)),
            1 => sign | (Fraction() >> Below(fractionBits)),                                             // subnormal
            2 => sign | Field(1 - Bias + Below(4)) | Fraction(),                                         // near underflow
            3 => sign | Field(Bias - Below(4)) | Fraction(),                                             // near overflow
            4 or 5 => sign | Field(Below(2 * precision) - precision) | Fraction(),                       // in reach of each other
            6 => sign | Field(Below(2 * precision) - precision) | (Fraction() & (FractionMask << Below(fractionBits))), // few bits
            7 => sign | Field(Below(70) - 3) | Fraction(),                                               // integers with a fraction
            8 => sign | Field((Below(2) == 0 ? -Bias / 2 : Bias / 2) + Below(precision) - (precision / 2)) | Fraction(), // products at the limits
            9 when precision > 24 => sign | Field((Below(2) == 0 ? -126 : 127) + Below(7) - 3) | (((Fraction() << Below(30)) & FractionMask) ^ ((Next() & 1) * FractionMask)), // binary32's limits
            _ => sign | Field(Below(3)) | (Below(2) == 0 ? FractionMask ^ (1ul << Below(fractionBits)) : 1ul << Below(fractionBits)), // long carries
        };
    }

    /// <summary>Three operands, the second and third often made to cancel, to meet halfway or to divide evenly.</summary>
    public (ulong A, ulong B, ulong C) Triple()
    {
        ulong a = Operand(), b = Operand(), c = Operand();
        switch (Below(8))
        {
            case 0:
                b = a ^ SignBit ^ (Next() & 3); // almost cancels
                break;
            case 1:
                b = Shift(a, -precision + Below(3) - 1) & ~(FractionMask >> Below(3)); // half a place of a
                break;
            case 2 or 3:
                c = Product(a, b) ^ SignBit ^ (ulong)Below(3); // the product cancels
                break;
            case 4:
                c = Shift(Product(a, b), Below(precision * 3) - (precision * 3 / 2)); // in the product's reach
                break;
            case 5:
                a = Product(b, c); // often an exact quotient (few bits) or close to one
                break;
            case 6:
                a = Product(b, b); // often an exact square
                break;
        }

        return (a, b, c);
    }

    /// <summary>An integer operand of any length.</summary>
    public long Integer()
    {
        ulong value = Next() >> Below(64);
        if (Below(3) == 0) value &= ulong.MaxValue << Below(64);
        if (Below(4) == 0) value = (1ul << Below(64)) + (ulong)(Below(5) - 2);
        return Below(2) == 0 ? (long)value : -(long)value;
    }

    private ulong Fraction() => Next() & FractionMask;

    private ulong Field(int exponent) => (ulong)Math.Clamp(exponent + Bias, 0, (int)MaxField - 1) << fractionBits;

    private ulong Shift(ulong a, int places)
    {
        int field = (int)((a & (SignBit - 1)) >> fractionBits);
        return (a & (SignBit | FractionMask)) | ((ulong)Math.Clamp(field + places, 0, (int)MaxField - 1) << fractionBits);
    }

    // The host's product: only to make operands, not to judge results.
    private ulong Product(ulong a, ulong b) => precision == 24
        ? BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((uint)a) * BitConverter.UInt32BitsToSingle((uint)b))
        : BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(a) * BitConverter.UInt64BitsToDouble(b));
}
