using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Tests.Float;

/// <summary>Scalar SSE2, SSE4.1 and FMA instructions, by their numbers in host-agent.c.</summary>
public static class SseFloatOperations
{
    private const ulong Upper = 0xffff_ffff_0000_0000;

    /// <summary>All of them. In vfmadd213 the second operand counts as the first factor when it comes to NaN.</summary>
    public static IReadOnlyList<FloatOperation> All { get; } = [.. Singles(), .. Doubles(), .. Mixed()];

    private static IEnumerable<FloatOperation> Singles()
    {
        // The upper half of the destination stays: the operands' boxes, or what cvtsi2ss found there.
        static FloatOperation F(string n, uint e, int s, FloatFunction f)
            => new(n, e, s, true, false, (a, b, c, x, m, ref flags) => Upper | f(a, b, c, x, m, ref flags));
        static FloatOperation X(string n, uint e, int s, FloatFunction f) => new(n, e, s, true, true, f);
        yield return F("addss", 0, 2, (a, b, c, x, m, ref f) => Float32.Add<SseRules>((uint)a, (uint)b, m, ref f));
        yield return F("subss", 1, 2, (a, b, c, x, m, ref f) => Float32.Subtract<SseRules>((uint)a, (uint)b, m, ref f));
        yield return F("mulss", 2, 2, (a, b, c, x, m, ref f) => Float32.Multiply<SseRules>((uint)a, (uint)b, m, ref f));
        yield return F("divss", 3, 2, (a, b, c, x, m, ref f) => Float32.Divide<SseRules>((uint)a, (uint)b, m, ref f));
        yield return F("sqrtss", 4, 1, (a, b, c, x, m, ref f) => Float32.SquareRoot<SseRules>((uint)a, m, ref f));
        yield return F("minss", 5, 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumSse<Binary32>(false, a, b, ref f));
        yield return F("maxss", 6, 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumSse<Binary32>(true, a, b, ref f));
        yield return F("vfmadd213ss", 7, 3, (a, b, c, x, m, ref f) => Float32.MultiplyAdd<SseRules>((uint)b, (uint)a, (uint)c, m, ref f));
        yield return F("roundss", 8, 1, (a, b, c, x, m, ref f) => FloatConvert.RoundToIntegral<Binary32, SseRules>(a, m, true, ref f));
        yield return F("roundss exact suppressed", 9, 1, (a, b, c, x, m, ref f) => FloatConvert.RoundToIntegral<Binary32, SseRules>(a, m, false, ref f));
        yield return X("cvtss2si r32", 10, 1, (a, b, c, x, m, ref f) => (uint)FloatConvert.ToInt32<Binary32, SseRules>(a, m, ref f));
        yield return X("cvtss2si r64", 11, 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary32, SseRules>(a, m, ref f));
        yield return X("cvttss2si r32", 12, 1, (a, b, c, x, m, ref f) => (uint)FloatConvert.ToInt32<Binary32, SseRules>(a, RoundingMode.RTZ, ref f));
        yield return X("cvttss2si r64", 13, 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary32, SseRules>(a, RoundingMode.RTZ, ref f));
        yield return F("cvtsi2ss r32", 14, 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary32<SseRules>((int)x, m, ref f));
        yield return F("cvtsi2ss r64", 15, 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary32<SseRules>(x, m, ref f));
        yield return X("ucomiss equal", 40, 2, (a, b, c, x, m, ref f) => Float32.IsEqual((uint)a, (uint)b, ref f) ? 1u : 0);
        yield return X("comiss less", 41, 2, (a, b, c, x, m, ref f) => Float32.IsLess((uint)a, (uint)b, ref f) ? 1u : 0);
        yield return X("comiss less or equal", 42, 2, (a, b, c, x, m, ref f) => Float32.IsLessOrEqual((uint)a, (uint)b, ref f) ? 1u : 0);
    }

    private static IEnumerable<FloatOperation> Doubles()
    {
        static FloatOperation F(string n, uint e, int s, FloatFunction f) => new(n, e, s, false, false, f);
        static FloatOperation X(string n, uint e, int s, FloatFunction f) => new(n, e, s, false, true, f);
        yield return F("addsd", 20, 2, (a, b, c, x, m, ref f) => Float64.Add<SseRules>(a, b, m, ref f));
        yield return F("subsd", 21, 2, (a, b, c, x, m, ref f) => Float64.Subtract<SseRules>(a, b, m, ref f));
        yield return F("mulsd", 22, 2, (a, b, c, x, m, ref f) => Float64.Multiply<SseRules>(a, b, m, ref f));
        yield return F("divsd", 23, 2, (a, b, c, x, m, ref f) => Float64.Divide<SseRules>(a, b, m, ref f));
        yield return F("sqrtsd", 24, 1, (a, b, c, x, m, ref f) => Float64.SquareRoot<SseRules>(a, m, ref f));
        yield return F("minsd", 25, 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumSse<Binary64>(false, a, b, ref f));
        yield return F("maxsd", 26, 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumSse<Binary64>(true, a, b, ref f));
        yield return F("vfmadd213sd", 27, 3, (a, b, c, x, m, ref f) => Float64.MultiplyAdd<SseRules>(b, a, c, m, ref f));
        yield return F("roundsd", 28, 1, (a, b, c, x, m, ref f) => FloatConvert.RoundToIntegral<Binary64, SseRules>(a, m, true, ref f));
        yield return F("roundsd exact suppressed", 29, 1, (a, b, c, x, m, ref f) => FloatConvert.RoundToIntegral<Binary64, SseRules>(a, m, false, ref f));
        yield return X("cvtsd2si r32", 30, 1, (a, b, c, x, m, ref f) => (uint)FloatConvert.ToInt32<Binary64, SseRules>(a, m, ref f));
        yield return X("cvtsd2si r64", 31, 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary64, SseRules>(a, m, ref f));
        yield return X("cvttsd2si r32", 32, 1, (a, b, c, x, m, ref f) => (uint)FloatConvert.ToInt32<Binary64, SseRules>(a, RoundingMode.RTZ, ref f));
        yield return X("cvttsd2si r64", 33, 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary64, SseRules>(a, RoundingMode.RTZ, ref f));
        yield return F("cvtsi2sd r32", 34, 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary64<SseRules>((int)x, m, ref f));
        yield return F("cvtsi2sd r64", 35, 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary64<SseRules>(x, m, ref f));
        yield return X("ucomisd equal", 43, 2, (a, b, c, x, m, ref f) => Float64.IsEqual(a, b, ref f) ? 1u : 0);
        yield return X("comisd less", 44, 2, (a, b, c, x, m, ref f) => Float64.IsLess(a, b, ref f) ? 1u : 0);
        yield return X("comisd less or equal", 45, 2, (a, b, c, x, m, ref f) => Float64.IsLessOrEqual(a, b, ref f) ? 1u : 0);
    }

    private static IEnumerable<FloatOperation> Mixed()
    {
        yield return new("cvtss2sd", 16, 1, true, false, (a, b, c, x, m, ref f) => FloatConvert.ToBinary64<SseRules>((uint)a, ref f));
        yield return new("cvtsd2ss", 36, 1, false, false, (a, b, c, x, m, ref f) => (a & Upper) | FloatConvert.ToBinary32<SseRules>(a, m, ref f));
    }
}
