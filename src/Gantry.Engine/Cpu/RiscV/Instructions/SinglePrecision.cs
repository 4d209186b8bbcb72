using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>fadd.s.</summary>
public readonly struct FaddS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.Add<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), m.RoundingMode, ref m.Flags));
}

/// <summary>fsub.s.</summary>
public readonly struct FsubS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.Subtract<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), m.RoundingMode, ref m.Flags));
}

/// <summary>fmul.s.</summary>
public readonly struct FmulS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.Multiply<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), m.RoundingMode, ref m.Flags));
}

/// <summary>fdiv.s.</summary>
public readonly struct FdivS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.Divide<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), m.RoundingMode, ref m.Flags));
}

/// <summary>fsqrt.s.</summary>
public readonly struct FsqrtS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.SquareRoot<RiscVRules>(NanBox.Read(m.Fs1), m.RoundingMode, ref m.Flags));
}

/// <summary>fmadd.s: fs1 * fs2 + fs3.</summary>
public readonly struct FmaddS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.MultiplyAdd<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), NanBox.Read(m.Fs3), m.RoundingMode, ref m.Flags));
}

/// <summary>fmsub.s: fs1 * fs2 - fs3.</summary>
public readonly struct FmsubS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.MultiplyAdd<RiscVRules>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), NanBox.Read(m.Fs3) ^ 0x8000_0000, m.RoundingMode, ref m.Flags));
}

/// <summary>fnmsub.s: -(fs1 * fs2) + fs3.</summary>
public readonly struct FnmsubS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.MultiplyAdd<RiscVRules>(NanBox.Read(m.Fs1) ^ 0x8000_0000, NanBox.Read(m.Fs2), NanBox.Read(m.Fs3), m.RoundingMode, ref m.Flags));
}

/// <summary>fnmadd.s: -(fs1 * fs2) - fs3.</summary>
public readonly struct FnmaddS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(Float32.MultiplyAdd<RiscVRules>(NanBox.Read(m.Fs1) ^ 0x8000_0000, NanBox.Read(m.Fs2), NanBox.Read(m.Fs3) ^ 0x8000_0000, m.RoundingMode, ref m.Flags));
}

/// <summary>fsgnj.s.</summary>
public readonly struct FsgnjS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)FloatSelect.CopySign<Binary32>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2)));
}

/// <summary>fsgnjn.s.</summary>
public readonly struct FsgnjnS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)FloatSelect.CopyOppositeSign<Binary32>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2)));
}

/// <summary>fsgnjx.s.</summary>
public readonly struct FsgnjxS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)FloatSelect.XorSign<Binary32>(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2)));
}

/// <summary>fmin.s.</summary>
public readonly struct FminS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)FloatSelect.MinimumMaximumNumber<Binary32>(false, NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), ref m.Flags));
}

/// <summary>fmax.s.</summary>
public readonly struct FmaxS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)FloatSelect.MinimumMaximumNumber<Binary32>(true, NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), ref m.Flags));
}

/// <summary>feq.s.</summary>
public readonly struct FeqS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float32.IsEqual(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), ref m.Flags) ? 1UL : 0;
}

/// <summary>flt.s.</summary>
public readonly struct FltS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float32.IsLess(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), ref m.Flags) ? 1UL : 0;
}

/// <summary>fle.s.</summary>
public readonly struct FleS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Float32.IsLessOrEqual(NanBox.Read(m.Fs1), NanBox.Read(m.Fs2), ref m.Flags) ? 1UL : 0;
}

/// <summary>fclass.s.</summary>
public readonly struct FclassS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatSelect.Classify<Binary32>(NanBox.Read(m.Fs1));
}

/// <summary>fcvt.w.s.</summary>
public readonly struct FcvtWS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatConvert.ToInt32<Binary32, RiscVRules>(NanBox.Read(m.Fs1), m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.wu.s.</summary>
public readonly struct FcvtWuS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)FloatConvert.ToUInt32<Binary32, RiscVRules>(NanBox.Read(m.Fs1), m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.l.s.</summary>
public readonly struct FcvtLS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)FloatConvert.ToInt64<Binary32, RiscVRules>(NanBox.Read(m.Fs1), m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.lu.s.</summary>
public readonly struct FcvtLuS : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = FloatConvert.ToUInt64<Binary32, RiscVRules>(NanBox.Read(m.Fs1), m.RoundingMode, ref m.Flags);
}

/// <summary>fcvt.s.w.</summary>
public readonly struct FcvtSW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(FloatConvert.FromInt64ToBinary32<RiscVRules>((int)(uint)m.Rs1, m.RoundingMode, ref m.Flags));
}

/// <summary>fcvt.s.wu.</summary>
public readonly struct FcvtSWu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(FloatConvert.FromUInt64ToBinary32<RiscVRules>((uint)m.Rs1, m.RoundingMode, ref m.Flags));
}

/// <summary>fcvt.s.l.</summary>
public readonly struct FcvtSL : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(FloatConvert.FromInt64ToBinary32<RiscVRules>((long)m.Rs1, m.RoundingMode, ref m.Flags));
}

/// <summary>fcvt.s.lu.</summary>
public readonly struct FcvtSLu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(FloatConvert.FromUInt64ToBinary32<RiscVRules>(m.Rs1, m.RoundingMode, ref m.Flags));
}

/// <summary>flw.</summary>
public readonly struct Flw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte4>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Fd = NanBox.Write((uint)value);
    }
}

/// <summary>fsw: moves bits, boxed or not.</summary>
public readonly struct Fsw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte4>(m.Rs1 + (ulong)m.ShortImmediate, m.Fs2);
}

/// <summary>fmv.x.w: moves bits, boxed or not.</summary>
public readonly struct FmvXW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)m.Fs1;
}

/// <summary>fmv.w.x.</summary>
public readonly struct FmvWX : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write((uint)m.Rs1);
}

/// <summary>fcvt.s.d.</summary>
public readonly struct FcvtSD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Fd = NanBox.Write(FloatConvert.ToBinary32<RiscVRules>(m.Fs1, m.RoundingMode, ref m.Flags));
}
