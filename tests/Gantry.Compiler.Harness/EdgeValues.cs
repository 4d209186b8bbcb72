namespace Gantry.Compiler.Harness;

/// <summary>The operands most likely to tell implementations apart, per type.</summary>
public static class EdgeValues
{
    private static readonly int[] Ints =
    [
        0, 1, -1, 2, -2, 3, 7, 31, 32, 33, 63, 64, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, 65535, 65536,
        -32769, -65536, 0x12345678, -0x12345679, 1000000007, int.MaxValue, int.MaxValue - 1, int.MinValue, int.MinValue + 1, 0x55555555, unchecked((int)0xAAAAAAAA),
    ];

    private static readonly long[] Longs =
    [
        0, 1, -1, 2, -2, 5, 31, 32, 63, 64, 65, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536, int.MaxValue, int.MinValue, (long)int.MaxValue + 1, (long)int.MinValue - 1,
        uint.MaxValue, (long)uint.MaxValue + 1, 0x123456789ABCDEF0, -0x123456789ABCDEF1, 1L << 52, (1L << 53) + 1, -(1L << 62),
        long.MaxValue, long.MaxValue - 1, long.MinValue, long.MinValue + 1, 0x5555555555555555, unchecked((long)0xAAAAAAAAAAAAAAAA),
    ];

    private static readonly double[] Doubles =
    [
        0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.25, 0.1, 1e-10, -1e10, 32768, 2147483647, 4294967295, 9007199254740993, 1e20, -1e300, 1e-310,
        // The last value that truncates into each integer type, and the first that does not.
        -0.9999999999999999, 127.9, 128, -128.9, -129, 255.9, 256, 32767.9, -32768.9, -32769, 65535.9, 65536, 2147483647.9, 2147483648, -2147483648,
        -2147483648.9, -2147483649, 4294967295.9, 4294967296, 9223372036854774784.0, 9223372036854775808.0, -9223372036854775808.0, -9223372036854777856.0,
        1.8446744073709550e19, 1.8446744073709552e19,
        double.Epsilon, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1.0000000000000002, 16777217,
    ];

    private static readonly float[] Floats =
    [
        0, -0f, 1, -1, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 3.25f, 0.1f, 1e-10f, -1e10f, 127, 255, 32768, 16777215, 16777216, 1e20f, float.Epsilon, 1e-40f,
        // The last value that truncates into each integer type, and the first that does not.
        -0.99999994f, 127.9f, 128, -128.9f, -129, 255.9f, 256, 32767.9f, -32768.9f, -32769, 65535.9f, 65536, 2147483520, 2147483648, -2147483648,
        -2147483904, 4294967040, 4294967296, 9223371487098961920f, 9223372036854775808f, -9223372036854775808f, -9223373136366403584f,
        1.8446743e19f, 1.8446744073709552e19f,
        float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1.0000001f,
    ];

    /// <summary>The few of <see cref="Of"/> of which every pair is tried: quotients that overflow or divide by zero, carries, signs.</summary>
    public static object[] ExtremesOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 => [0, 1, -1, 2, int.MinValue, int.MinValue + 1, int.MaxValue],
        TypeCode.UInt32 => [0u, 1u, 2u, 0x80000000u, uint.MaxValue - 1, uint.MaxValue],
        TypeCode.Int64 => [0L, 1L, -1L, 2L, long.MinValue, long.MinValue + 1, long.MaxValue],
        TypeCode.UInt64 => [0uL, 1uL, 2uL, 0x8000000000000000uL, ulong.MaxValue - 1, ulong.MaxValue],
        TypeCode.Single => [0f, -0f, 1f, -2.5f, float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN],
        TypeCode.Double => [0.0, -0.0, 1.0, -2.5, double.Epsilon, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN],
        _ => [],
    };

    /// <summary>The values of one primitive type or enum.</summary>
    public static object[] Of(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => [false, true],
        TypeCode.SByte => Distinct(Ints, value => (sbyte)value),
        TypeCode.Byte => Distinct(Ints, value => (byte)value),
        TypeCode.Int16 => Distinct(Ints, value => (short)value),
        TypeCode.UInt16 => Distinct(Ints, value => (ushort)value),
        TypeCode.Char => Distinct(Ints, value => (char)value),
        TypeCode.Int32 => Distinct(Ints, value => value),
        TypeCode.UInt32 => Distinct(Ints, value => (uint)value),
        TypeCode.Int64 => Distinct(Longs, value => value),
        TypeCode.UInt64 => Distinct(Longs, value => (ulong)value),
        TypeCode.Single => [.. Floats.Cast<object>()],
        TypeCode.Double => [.. Doubles.Cast<object>()],
        _ => throw new NotSupportedException($"no edge values of {type}"),
    };

    private static object[] Distinct<T, TResult>(T[] values, Func<T, TResult> convert) =>
        [.. values.Select(convert).Distinct().Cast<object>()];
}
