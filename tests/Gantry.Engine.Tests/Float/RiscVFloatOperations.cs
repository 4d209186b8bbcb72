using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Tests.Float;

/// <summary>The computational instructions of RISC-V F and D.</summary>
public static class RiscVFloatOperations
{
    private const uint Dynamic = 7;

    /// <summary>All computational instructions of RISC-V F and D.</summary>
    public static IReadOnlyList<FloatOperation> All { get; } = [.. Singles(), .. Doubles(), .. Mixed()];

    private static uint Op(uint funct5, uint format, uint rs2, uint rm)
        => (((funct5 << 2) | format) << 25) | (rs2 << 20) | (10 << 15) | (rm << 12) | (10 << 7) | 0x53;

    private static uint Fused(uint opcode, uint format)
        => (12u << 27) | (format << 25) | (11 << 20) | (10 << 15) | (Dynamic << 12) | (10 << 7) | opcode;

    private static ulong Box(uint single) => 0xffff_ffff_0000_0000 | single;

    private static ulong Extend(uint word) => (ulong)(int)word;

    private static IEnumerable<FloatOperation> Singles()
    {
        const uint sign = 1u << 31;
        static FloatOperation F(string n, uint e, int s, FloatFunction f) => new(n, e, s, true, false, f);
        static FloatOperation X(string n, uint e, int s, FloatFunction f) => new(n, e, s, true, true, f);
        yield return F("fadd.s", Op(0, 0, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Box(Float32.Add<RiscVRules>((uint)a, (uint)b, m, ref f)));
        yield return F("fsub.s", Op(1, 0, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Box(Float32.Subtract<RiscVRules>((uint)a, (uint)b, m, ref f)));
        yield return F("fmul.s", Op(2, 0, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Box(Float32.Multiply<RiscVRules>((uint)a, (uint)b, m, ref f)));
        yield return F("fdiv.s", Op(3, 0, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Box(Float32.Divide<RiscVRules>((uint)a, (uint)b, m, ref f)));
        yield return F("fsqrt.s", Op(11, 0, 0, Dynamic), 1, (a, b, c, x, m, ref f) => Box(Float32.SquareRoot<RiscVRules>((uint)a, m, ref f)));
        yield return F("fmadd.s", Fused(0x43, 0), 3, (a, b, c, x, m, ref f) => Box(Float32.MultiplyAdd<RiscVRules>((uint)a, (uint)b, (uint)c, m, ref f)));
        yield return F("fmsub.s", Fused(0x47, 0), 3, (a, b, c, x, m, ref f) => Box(Float32.MultiplyAdd<RiscVRules>((uint)a, (uint)b, (uint)c ^ sign, m, ref f)));
        yield return F("fnmsub.s", Fused(0x4b, 0), 3, (a, b, c, x, m, ref f) => Box(Float32.MultiplyAdd<RiscVRules>((uint)a ^ sign, (uint)b, (uint)c, m, ref f)));
        yield return F("fnmadd.s", Fused(0x4f, 0), 3, (a, b, c, x, m, ref f) => Box(Float32.MultiplyAdd<RiscVRules>((uint)a ^ sign, (uint)b, (uint)c ^ sign, m, ref f)));
        yield return F("fsgnj.s", Op(4, 0, 11, 0), 2, (a, b, c, x, m, ref f) => Box((uint)FloatSelect.CopySign<Binary32>(a, b)));
        yield return F("fsgnjn.s", Op(4, 0, 11, 1), 2, (a, b, c, x, m, ref f) => Box((uint)FloatSelect.CopyOppositeSign<Binary32>(a, b)));
        yield return F("fsgnjx.s", Op(4, 0, 11, 2), 2, (a, b, c, x, m, ref f) => Box((uint)FloatSelect.XorSign<Binary32>(a, b)));
        yield return F("fmin.s", Op(5, 0, 11, 0), 2, (a, b, c, x, m, ref f) => Box((uint)FloatSelect.MinimumMaximumNumber<Binary32>(false, a, b, ref f)));
        yield return F("fmax.s", Op(5, 0, 11, 1), 2, (a, b, c, x, m, ref f) => Box((uint)FloatSelect.MinimumMaximumNumber<Binary32>(true, a, b, ref f)));
        yield return X("fle.s", Op(20, 0, 11, 0), 2, (a, b, c, x, m, ref f) => Float32.IsLessOrEqual((uint)a, (uint)b, ref f) ? 1u : 0);
        yield return X("flt.s", Op(20, 0, 11, 1), 2, (a, b, c, x, m, ref f) => Float32.IsLess((uint)a, (uint)b, ref f) ? 1u : 0);
        yield return X("feq.s", Op(20, 0, 11, 2), 2, (a, b, c, x, m, ref f) => Float32.IsEqual((uint)a, (uint)b, ref f) ? 1u : 0);
        yield return X("fclass.s", Op(28, 0, 0, 1), 1, (a, b, c, x, m, ref f) => (ulong)FloatSelect.Classify<Binary32>(a));
        yield return X("fcvt.w.s", Op(24, 0, 0, Dynamic), 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt32<Binary32, RiscVRules>(a, m, ref f));
        yield return X("fcvt.wu.s", Op(24, 0, 1, Dynamic), 1, (a, b, c, x, m, ref f) => Extend(FloatConvert.ToUInt32<Binary32, RiscVRules>(a, m, ref f)));
        yield return X("fcvt.l.s", Op(24, 0, 2, Dynamic), 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary32, RiscVRules>(a, m, ref f));
        yield return X("fcvt.lu.s", Op(24, 0, 3, Dynamic), 1, (a, b, c, x, m, ref f) => FloatConvert.ToUInt64<Binary32, RiscVRules>(a, m, ref f));
        yield return F("fcvt.s.w", Op(26, 0, 0, Dynamic), 0, (a, b, c, x, m, ref f) => Box(FloatConvert.FromInt64ToBinary32<RiscVRules>((int)x, m, ref f)));
        yield return F("fcvt.s.wu", Op(26, 0, 1, Dynamic), 0, (a, b, c, x, m, ref f) => Box(FloatConvert.FromUInt64ToBinary32<RiscVRules>((uint)x, m, ref f)));
        yield return F("fcvt.s.l", Op(26, 0, 2, Dynamic), 0, (a, b, c, x, m, ref f) => Box(FloatConvert.FromInt64ToBinary32<RiscVRules>(x, m, ref f)));
        yield return F("fcvt.s.lu", Op(26, 0, 3, Dynamic), 0, (a, b, c, x, m, ref f) => Box(FloatConvert.FromUInt64ToBinary32<RiscVRules>((ulong)x, m, ref f)));
    }

    private static IEnumerable<FloatOperation> Doubles()
    {
        const ulong sign = 1ul << 63;
        static FloatOperation F(string n, uint e, int s, FloatFunction f) => new(n, e, s, false, false, f);
        static FloatOperation X(string n, uint e, int s, FloatFunction f) => new(n, e, s, false, true, f);
        yield return F("fadd.d", Op(0, 1, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Float64.Add<RiscVRules>(a, b, m, ref f));
        yield return F("fsub.d", Op(1, 1, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Float64.Subtract<RiscVRules>(a, b, m, ref f));
        yield return F("fmul.d", Op(2, 1, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Float64.Multiply<RiscVRules>(a, b, m, ref f));
        yield return F("fdiv.d", Op(3, 1, 11, Dynamic), 2, (a, b, c, x, m, ref f) => Float64.Divide<RiscVRules>(a, b, m, ref f));
        yield return F("fsqrt.d", Op(11, 1, 0, Dynamic), 1, (a, b, c, x, m, ref f) => Float64.SquareRoot<RiscVRules>(a, m, ref f));
        yield return F("fmadd.d", Fused(0x43, 1), 3, (a, b, c, x, m, ref f) => Float64.MultiplyAdd<RiscVRules>(a, b, c, m, ref f));
        yield return F("fmsub.d", Fused(0x47, 1), 3, (a, b, c, x, m, ref f) => Float64.MultiplyAdd<RiscVRules>(a, b, c ^ sign, m, ref f));
        yield return F("fnmsub.d", Fused(0x4b, 1), 3, (a, b, c, x, m, ref f) => Float64.MultiplyAdd<RiscVRules>(a ^ sign, b, c, m, ref f));
        yield return F("fnmadd.d", Fused(0x4f, 1), 3, (a, b, c, x, m, ref f) => Float64.MultiplyAdd<RiscVRules>(a ^ sign, b, c ^ sign, m, ref f));
        yield return F("fsgnj.d", Op(4, 1, 11, 0), 2, (a, b, c, x, m, ref f) => FloatSelect.CopySign<Binary64>(a, b));
        yield return F("fsgnjn.d", Op(4, 1, 11, 1), 2, (a, b, c, x, m, ref f) => FloatSelect.CopyOppositeSign<Binary64>(a, b));
        yield return F("fsgnjx.d", Op(4, 1, 11, 2), 2, (a, b, c, x, m, ref f) => FloatSelect.XorSign<Binary64>(a, b));
        yield return F("fmin.d", Op(5, 1, 11, 0), 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumNumber<Binary64>(false, a, b, ref f));
        yield return F("fmax.d", Op(5, 1, 11, 1), 2, (a, b, c, x, m, ref f) => FloatSelect.MinimumMaximumNumber<Binary64>(true, a, b, ref f));
        yield return X("fle.d", Op(20, 1, 11, 0), 2, (a, b, c, x, m, ref f) => Float64.IsLessOrEqual(a, b, ref f) ? 1u : 0);
        yield return X("flt.d", Op(20, 1, 11, 1), 2, (a, b, c, x, m, ref f) => Float64.IsLess(a, b, ref f) ? 1u : 0);
        yield return X("feq.d", Op(20, 1, 11, 2), 2, (a, b, c, x, m, ref f) => Float64.IsEqual(a, b, ref f) ? 1u : 0);
        yield return X("fclass.d", Op(28, 1, 0, 1), 1, (a, b, c, x, m, ref f) => (ulong)FloatSelect.Classify<Binary64>(a));
        yield return X("fcvt.w.d", Op(24, 1, 0, Dynamic), 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt32<Binary64, RiscVRules>(a, m, ref f));
        yield return X("fcvt.wu.d", Op(24, 1, 1, Dynamic), 1, (a, b, c, x, m, ref f) => Extend(FloatConvert.ToUInt32<Binary64, RiscVRules>(a, m, ref f)));
        yield return X("fcvt.l.d", Op(24, 1, 2, Dynamic), 1, (a, b, c, x, m, ref f) => (ulong)FloatConvert.ToInt64<Binary64, RiscVRules>(a, m, ref f));
        yield return X("fcvt.lu.d", Op(24, 1, 3, Dynamic), 1, (a, b, c, x, m, ref f) => FloatConvert.ToUInt64<Binary64, RiscVRules>(a, m, ref f));
        yield return F("fcvt.d.w", Op(26, 1, 0, Dynamic), 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary64<RiscVRules>((int)x, m, ref f));
        yield return F("fcvt.d.wu", Op(26, 1, 1, Dynamic), 0, (a, b, c, x, m, ref f) => FloatConvert.FromUInt64ToBinary64<RiscVRules>((uint)x, m, ref f));
        yield return F("fcvt.d.l", Op(26, 1, 2, Dynamic), 0, (a, b, c, x, m, ref f) => FloatConvert.FromInt64ToBinary64<RiscVRules>(x, m, ref f));
        yield return F("fcvt.d.lu", Op(26, 1, 3, Dynamic), 0, (a, b, c, x, m, ref f) => FloatConvert.FromUInt64ToBinary64<RiscVRules>((ulong)x, m, ref f));
    }

    private static IEnumerable<FloatOperation> Mixed()
    {
        yield return new("fcvt.s.d", Op(8, 0, 1, Dynamic), 1, false, false, (a, b, c, x, m, ref f) => Box(FloatConvert.ToBinary32<RiscVRules>(a, m, ref f)));
        yield return new("fcvt.d.s", Op(8, 1, 0, Dynamic), 1, true, false, (a, b, c, x, m, ref f) => FloatConvert.ToBinary64<RiscVRules>((uint)a, ref f));
    }
}
