namespace Gantry.Compiler.Runtime;

/// <summary>64-bit checked multiplication, which WebAssembly has no operator for.</summary>
internal static class CheckedMath
{
    /// <summary>Signed product; throws when it does not fit.</summary>
    public static long MultiplyChecked(long left, long right)
    {
        var high = Math.BigMul(left, right, out var low);
        if (high != low >> 63)
            throw new OverflowException("Arithmetic operation resulted in an overflow.");
        return low;
    }

    /// <summary>Unsigned product; throws when it does not fit.</summary>
    public static ulong MultiplyCheckedUnsigned(ulong left, ulong right)
    {
        if (Math.BigMul(left, right, out var low) != 0)
            throw new OverflowException("Arithmetic operation resulted in an overflow.");
        return low;
    }
}

/// <summary>The remainder of floats (C's fmod), exactly: subtraction of shifted significands.</summary>
internal static class FloatMath
{
    /// <summary>Remainder with the dividend's sign.</summary>
    public static float RemainderSingle(float x, float y) => (float)RemainderDouble(x, y);

    /// <summary>Remainder with the dividend's sign.</summary>
    public static double RemainderDouble(double x, double y)
    {
        var ux = BitConverter.DoubleToUInt64Bits(x);
        var uy = BitConverter.DoubleToUInt64Bits(y);
        var sign = ux & 0x8000000000000000;
        ux &= 0x7FFFFFFFFFFFFFFF;
        uy &= 0x7FFFFFFFFFFFFFFF;
        if (uy == 0 || ux >= 0x7FF0000000000000 || uy > 0x7FF0000000000000)
            return (x * y) / (x * y);
        if (ux <= uy)
            return ux == uy ? BitConverter.UInt64BitsToDouble(sign) : x;
        var ex = (int)(ux >> 52);
        var ey = (int)(uy >> 52);
        var mx = Significand(ux, ref ex);
        var my = Significand(uy, ref ey);
        for (; ex > ey; ex--)
        {
            if (mx >= my)
                mx -= my;
            mx <<= 1;
        }

        if (mx >= my)
            mx -= my;
        if (mx == 0)
            return BitConverter.UInt64BitsToDouble(sign);
        var shift = System.Numerics.BitOperations.LeadingZeroCount(mx) - 11;
        mx <<= shift;
        ex -= shift;
        var bits = ex > 0 ? (mx & 0x000FFFFFFFFFFFFF) | ((ulong)ex << 52) : mx >> (1 - ex);
        return BitConverter.UInt64BitsToDouble(bits | sign);
    }

    /// <summary>The 53-bit significand; the exponent of subnormals is lowered to match.</summary>
    private static ulong Significand(ulong bits, ref int exponent)
    {
        if (exponent != 0)
            return (bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000;
        var shift = System.Numerics.BitOperations.LeadingZeroCount(bits) - 11;
        exponent = 1 - shift;
        return bits << shift;
    }
}

/// <summary>Base-library mathematics whose own bodies need the runtime.</summary>
internal static class MathReplacement
{
}
