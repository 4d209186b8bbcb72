namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>lui: rd = imm.</summary>
public readonly struct Lui : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)m.Immediate;
}

/// <summary>auipc: rd = pc + imm.</summary>
public readonly struct Auipc : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Pc + (ulong)m.Immediate;
}

/// <summary>addi.</summary>
public readonly struct Addi : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 + (ulong)m.Immediate;
}

/// <summary>slti.</summary>
public readonly struct Slti : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (long)m.Rs1 < m.Immediate ? 1UL : 0;
}

/// <summary>sltiu.</summary>
public readonly struct Sltiu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 < (ulong)m.Immediate ? 1UL : 0;
}

/// <summary>xori.</summary>
public readonly struct Xori : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 ^ (ulong)m.Immediate;
}

/// <summary>ori.</summary>
public readonly struct Ori : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 | (ulong)m.Immediate;
}

/// <summary>andi.</summary>
public readonly struct Andi : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 & (ulong)m.Immediate;
}

/// <summary>slli.</summary>
public readonly struct Slli : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 << (int)m.Immediate;
}

/// <summary>srli.</summary>
public readonly struct Srli : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 >> (int)m.Immediate;
}

/// <summary>srai.</summary>
public readonly struct Srai : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)((long)m.Rs1 >> (int)m.Immediate);
}

/// <summary>addiw.</summary>
public readonly struct Addiw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 + (uint)m.Immediate);
}

/// <summary>slliw.</summary>
public readonly struct Slliw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 << (int)m.Immediate);
}

/// <summary>srliw.</summary>
public readonly struct Srliw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 >> (int)m.Immediate);
}

/// <summary>sraiw.</summary>
public readonly struct Sraiw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((int)(uint)m.Rs1 >> (int)m.Immediate);
}

/// <summary>add.</summary>
public readonly struct Add : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 + m.Rs2;
}

/// <summary>sub.</summary>
public readonly struct Sub : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 - m.Rs2;
}

/// <summary>sll.</summary>
public readonly struct Sll : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 << (int)m.Rs2;
}

/// <summary>slt.</summary>
public readonly struct Slt : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (long)m.Rs1 < (long)m.Rs2 ? 1UL : 0;
}

/// <summary>sltu.</summary>
public readonly struct Sltu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 < m.Rs2 ? 1UL : 0;
}

/// <summary>xor.</summary>
public readonly struct Xor : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 ^ m.Rs2;
}

/// <summary>srl.</summary>
public readonly struct Srl : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 >> (int)m.Rs2;
}

/// <summary>sra.</summary>
public readonly struct Sra : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)((long)m.Rs1 >> (int)m.Rs2);
}

/// <summary>or.</summary>
public readonly struct Or : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 | m.Rs2;
}

/// <summary>and.</summary>
public readonly struct And : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 & m.Rs2;
}

/// <summary>addw.</summary>
public readonly struct Addw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 + (uint)m.Rs2);
}

/// <summary>subw.</summary>
public readonly struct Subw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 - (uint)m.Rs2);
}

/// <summary>sllw.</summary>
public readonly struct Sllw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 << (int)m.Rs2);
}

/// <summary>srlw.</summary>
public readonly struct Srlw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 >> (int)m.Rs2);
}

/// <summary>sraw.</summary>
public readonly struct Sraw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((int)(uint)m.Rs1 >> (int)m.Rs2);
}

/// <summary>fence: one hart and no reordering leave nothing to do.</summary>
public readonly struct Fence : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
    }
}
