namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>lb.</summary>
public readonly struct Lb : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte1>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = (ulong)(sbyte)value;
    }
}

/// <summary>lh.</summary>
public readonly struct Lh : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte2>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = (ulong)(short)value;
    }
}

/// <summary>lw.</summary>
public readonly struct Lw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte4>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>ld.</summary>
public readonly struct Ld : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte8>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = value;
    }
}

/// <summary>lbu.</summary>
public readonly struct Lbu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte1>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = value;
    }
}

/// <summary>lhu.</summary>
public readonly struct Lhu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte2>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = value;
    }
}

/// <summary>lwu.</summary>
public readonly struct Lwu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        if (m.Load<Byte4>(m.Rs1 + (ulong)m.Immediate, out var value))
            m.Rd = value;
    }
}

/// <summary>sb.</summary>
public readonly struct Sb : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte1>(m.Rs1 + (ulong)m.ShortImmediate, m.Rs2);
}

/// <summary>sh.</summary>
public readonly struct Sh : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte2>(m.Rs1 + (ulong)m.ShortImmediate, m.Rs2);
}

/// <summary>sw.</summary>
public readonly struct Sw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte4>(m.Rs1 + (ulong)m.ShortImmediate, m.Rs2);
}

/// <summary>sd.</summary>
public readonly struct Sd : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Store<Byte8>(m.Rs1 + (ulong)m.ShortImmediate, m.Rs2);
}
