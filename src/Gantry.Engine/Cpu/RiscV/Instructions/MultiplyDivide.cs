namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>mul.</summary>
public readonly struct Mul : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 * m.Rs2;
}

/// <summary>mulh.</summary>
public readonly struct Mulh : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)Math.BigMul((long)m.Rs1, (long)m.Rs2, out _);
}

/// <summary>mulhsu.</summary>
public readonly struct Mulhsu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var a = m.Rs1;
        var b = m.Rs2;
        // As unsigned times unsigned, less b where a counts 2^64 too much.
        m.Rd = Math.BigMul(a, b, out _) - ((long)a < 0 ? b : 0);
    }
}

/// <summary>mulhu.</summary>
public readonly struct Mulhu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Math.BigMul(m.Rs1, m.Rs2, out _);
}

/// <summary>div: by zero gives -1, the most negative by -1 itself.</summary>
public readonly struct Div : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var a = (long)m.Rs1;
        var b = (long)m.Rs2;
        m.Rd = b == 0 ? ulong.MaxValue : b == -1 ? 0UL - (ulong)a : (ulong)(a / b);
    }
}

/// <summary>divu: by zero gives all ones.</summary>
public readonly struct Divu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var b = m.Rs2;
        m.Rd = b == 0 ? ulong.MaxValue : m.Rs1 / b;
    }
}

/// <summary>rem: by zero gives the dividend.</summary>
public readonly struct Rem : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var a = (long)m.Rs1;
        var b = (long)m.Rs2;
        m.Rd = b == 0 ? (ulong)a : b == -1 ? 0UL : (ulong)(a % b);
    }
}

/// <summary>remu: by zero gives the dividend.</summary>
public readonly struct Remu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var b = m.Rs2;
        m.Rd = b == 0 ? m.Rs1 : m.Rs1 % b;
    }
}

/// <summary>mulw.</summary>
public readonly struct Mulw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)((uint)m.Rs1 * (uint)m.Rs2);
}

/// <summary>divw.</summary>
public readonly struct Divw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var a = (int)(uint)m.Rs1;
        var b = (int)(uint)m.Rs2;
        m.Rd = (ulong)(b == 0 ? -1 : b == -1 ? 0 - a : a / b);
    }
}

/// <summary>divuw.</summary>
public readonly struct Divuw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var b = (uint)m.Rs2;
        m.Rd = b == 0 ? ulong.MaxValue : (ulong)(int)((uint)m.Rs1 / b);
    }
}

/// <summary>remw.</summary>
public readonly struct Remw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var a = (int)(uint)m.Rs1;
        var b = (int)(uint)m.Rs2;
        m.Rd = (ulong)(b == 0 ? a : b == -1 ? 0 : a % b);
    }
}

/// <summary>remuw.</summary>
public readonly struct Remuw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var b = (uint)m.Rs2;
        m.Rd = (ulong)(int)(b == 0 ? (uint)m.Rs1 : (uint)m.Rs1 % b);
    }
}
