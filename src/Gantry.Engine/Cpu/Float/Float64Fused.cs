using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.Float;

/// <summary>
/// Fused multiply-add out of double additions and multiplications, as WebAssembly has no such instruction: the algorithm of Boldo and
/// Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd" (IEEE Transactions on Computers 57(4), 2008).
/// </summary>
internal static class Float64Fused
{
    private const double Splitter = 134217729.0; // 2^27 + 1, Veltkamp's

    // A little more than the rounding of one sum and of the multiplication by these themselves.
    private const double Above = 1 + (1 / 2251799813685248.0), Below = 1 - (1 / 2251799813685248.0); // 1 ± 2^-51

    /// <summary>a * b + c to nearest even, if all steps are free of overflow and underflow and the result is above the least normal number.</summary>
    public static bool TryMultiplyAdd(ulong a, ulong b, ulong c, ref FloatFlags flags, out ulong result)
    {
        result = 0;
        uint fieldA = (uint)(a >> 52) & 0x7ff, fieldB = (uint)(b >> 52) & 0x7ff, fieldC = (uint)(c >> 52) & 0x7ff;

        // Operands below 2^995, so that splitting does not overflow; a product whose last bit is far above the least subnormal and
        // whose first far from overflow. c may be zero or subnormal: sums lose nothing there.
        if (fieldA - 1 >= 2016 || fieldB - 1 >= 2016 || fieldA + fieldB - (1023 + 120) >= 1860 || fieldC >= 1980) return false;
        double x = BitConverter.UInt64BitsToDouble(a), y = BitConverter.UInt64BitsToDouble(b), addend = BitConverter.UInt64BitsToDouble(c);

        // product + productError = x * y (Dekker)
        double product = x * y;
        double scaled = Splitter * x, xHigh = scaled - (scaled - x), xLow = x - xHigh;
        scaled = Splitter * y;
        double yHigh = scaled - (scaled - y), yLow = y - yHigh;
        double productError = (xLow * yLow) - (((product - (xHigh * yHigh)) - (xLow * yHigh)) - (xHigh * yLow));

        // What two sums give is right unless it is close to the middle between two numbers (Ziv's test; docs/float.md).
        double near = TwoSum(product, addend, out double nearError), tail = nearError + productError, sum = near + (tail * Above);
        if (sum == near + (tail * Below))
        {
            result = BitConverter.DoubleToUInt64Bits(sum);
            if (!Float64.IsOrdinary(result)) return false;
            if ((flags & FloatFlags.NX) == 0)
            {
                _ = TwoSum(near, tail, out double sumError);
                _ = TwoSum(nearError, productError, out double tailError);
                if (sumError != 0 || tailError != 0) flags |= FloatFlags.NX;
            }

            return true;
        }

        double low = TwoSum(addend, productError, out double lowError);
        double high = TwoSum(product, low, out double highError);
        double rest = TwoSum(lowError, highError, out double lost);

        // Rounds rest to odd: if anything is lost and its last place is even, one place towards what is lost.
        ulong bits = BitConverter.DoubleToUInt64Bits(rest), lostBits = BitConverter.DoubleToUInt64Bits(lost);
        ulong step = (lost != 0 ? 1ul : 0) & ~bits;
        bits += step - (2 * (step & ((bits ^ lostBits) >> 63)));
        rest = BitConverter.UInt64BitsToDouble(bits);

        result = BitConverter.DoubleToUInt64Bits(high + rest);
        if (!Float64.IsOrdinary(result)) return false;
        if ((flags & FloatFlags.NX) == 0)
        {
            // Anything lost shows as an error here too: rest is odd then, and at least 50 binades below high (docs/float.md).
            _ = TwoSum(high, rest, out double error);
            if (error != 0) flags |= FloatFlags.NX;
        }

        return true;
    }

    // sum + error = x + y (Knuth)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double TwoSum(double x, double y, out double error)
    {
        double sum = x + y, part = sum - x;
        error = (x - (sum - part)) + (y - part);
        return sum;
    }
}
