using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>fadd.d.</summary>
public readonly struct FaddD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.Add<RiscVRules>(m.Fs1, m.Fs2, m.RoundingMode, ref m.Flags);
}

/// <summary>fsub.d.</summary>
public readonly struct FsubD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.Subtract<RiscVRules>(m.Fs1, m.Fs2, m.RoundingMode, ref m.Flags);
}

/// <summary>fmul.d.</summary>
public readonly struct FmulD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.Multiply<RiscVRules>(m.Fs1, m.Fs2, m.RoundingMode, ref m.Flags);
}

/// <summary>fdiv.d.</summary>
public readonly struct FdivD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.Divide<RiscVRules>(m.Fs1, m.Fs2, m.RoundingMode, ref m.Flags);
}

/// <summary>fsqrt.d.</summary>
public readonly struct FsqrtD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.SquareRoot<RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fmadd.d: fs1 * fs2 + fs3.</summary>
public readonly struct FmaddD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.MultiplyAdd<RiscVRules>(m.Fs1, m.Fs2, m.Fs3, m.RoundingMode, ref m.Flags, T.HostFuses);
}

/// <summary>fmsub.d: fs1 * fs2 - fs3.</summary>
public readonly struct FmsubD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.MultiplyAdd<RiscVRules>(m.Fs1, m.Fs2, m.Fs3 ^ 0x8000_0000_0000_0000, m.RoundingMode, ref m.Flags, T.HostFuses);
}

/// <summary>fnmsub.d: -(fs1 * fs2) + fs3.</summary>
public readonly struct FnmsubD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.MultiplyAdd<RiscVRules>(m.Fs1 ^ 0x8000_0000_0000_0000, m.Fs2, m.Fs3, m.RoundingMode, ref m.Flags, T.HostFuses);
}

/// <summary>fnmadd.d: -(fs1 * fs2) - fs3.</summary>
public readonly struct FnmaddD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = Float64.MultiplyAdd<RiscVRules>(m.Fs1 ^ 0x8000_0000_0000_0000, m.Fs2, m.Fs3 ^ 0x8000_0000_0000_0000, m.RoundingMode, ref m.Flags, T.HostFuses);
}

/// <summary>fsgnj.d.</summary>
public readonly struct FsgnjD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatSelect.CopySign<Binary64>(m.Fs1, m.Fs2);
}

/// <summary>fsgnjn.d.</summary>
public readonly struct FsgnjnD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatSelect.CopyOppositeSign<Binary64>(m.Fs1, m.Fs2);
}

/// <summary>fsgnjx.d.</summary>
public readonly struct FsgnjxD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatSelect.XorSign<Binary64>(m.Fs1, m.Fs2);
}

/// <summary>fmin.d.</summary>
public readonly struct FminD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatSelect.MinimumMaximumNumber<Binary64>(false, m.Fs1, m.Fs2, ref m.Flags);
}

/// <summary>fmax.d.</summary>
public readonly struct FmaxD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatSelect.MinimumMaximumNumber<Binary64>(true, m.Fs1, m.Fs2, ref m.Flags);
}

/// <summary>feq.d.</summary>
public readonly struct FeqD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float64.IsEqual(m.Fs1, m.Fs2, ref m.Flags) ? 1UL : 0;
}

/// <summary>flt.d.</summary>
public readonly struct FltD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float64.IsLess(m.Fs1, m.Fs2, ref m.Flags) ? 1UL : 0;
}

/// <summary>fle.d.</summary>
public readonly struct FleD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float64.IsLessOrEqual(m.Fs1, m.Fs2, ref m.Flags) ? 1UL : 0;
}

/// <summary>fclass.d.</summary>
public readonly struct FclassD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatSelect.Classify<Binary64>(m.Fs1);
}

/// <summary>fcvt.w.d.</summary>
public readonly struct FcvtWD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatConvert.ToInt32<Binary64, RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.wu.d.</summary>
public readonly struct FcvtWuD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)FloatConvert.ToUInt32<Binary64, RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.l.d.</summary>
public readonly struct FcvtLD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatConvert.ToInt64<Binary64, RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.lu.d.</summary>
public readonly struct FcvtLuD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = FloatConvert.ToUInt64<Binary64, RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.d.w.</summary>
public readonly struct FcvtDW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatConvert.FromInt64ToBinary64<RiscVRules>((int)(uint)m.Rs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.d.wu.</summary>
public readonly struct FcvtDWu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatConvert.FromUInt64ToBinary64<RiscVRules>((uint)m.Rs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.d.l.</summary>
public readonly struct FcvtDL : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatConvert.FromInt64ToBinary64<RiscVRules>((long)m.Rs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.d.lu.</summary>
public readonly struct FcvtDLu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatConvert.FromUInt64ToBinary64<RiscVRules>(m.Rs1, m.RoundingMode, ref m.Flags);
}

/// <summary>fld.</summary>
public readonly struct Fld : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte8>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Fd = value;
    }
}

/// <summary>fsd.</summary>
public readonly struct Fsd : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte8>(m.Rs1 + (ulong)m.ShortImmediate, m.Fs2);
}

/// <summary>fmv.x.d.</summary>
public readonly struct FmvXD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Fs1;
}

/// <summary>fmv.d.x.</summary>
public readonly struct FmvDX : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = m.Rs1;
}

/// <summary>fcvt.d.s.</summary>
public readonly struct FcvtDS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = FloatConvert.ToBinary64<RiscVRules>(NanBox.Read(m.Fs1), ref m.Flags);
}
