namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>jal.</summary>
public readonly struct Jal : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var link = m.NextPc;
        m.JumpRelative();
        m.Rd = link;
    }
}

/// <summary>jalr.</summary>
public readonly struct Jalr : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var target = (m.Rs1 + (ulong)m.Immediate) & ~1UL;
        m.Rd = m.NextPc;
        m.JumpTo(target);
    }
}

/// <summary>beq.</summary>
public readonly struct Beq : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch(m.Rs1 == m.Rs2);
}

/// <summary>bne.</summary>
public readonly struct Bne : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch(m.Rs1 != m.Rs2);
}

/// <summary>blt.</summary>
public readonly struct Blt : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch((long)m.Rs1 < (long)m.Rs2);
}

/// <summary>bge.</summary>
public readonly struct Bge : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch((long)m.Rs1 >= (long)m.Rs2);
}

/// <summary>bltu.</summary>
public readonly struct Bltu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch(m.Rs1 < m.Rs2);
}

/// <summary>bgeu.</summary>
public readonly struct Bgeu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Branch(m.Rs1 >= m.Rs2);
}
