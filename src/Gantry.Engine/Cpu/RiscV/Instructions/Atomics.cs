namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>lr.w.</summary>
public readonly struct LrW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        if (m.LoadReserved<Byte4>(address, out var value))
        {
            m.Reserve(address, value);
            m.Rd = (ulong)(int)value;
        }
    }
}

/// <summary>sc.w: fails when the reservation is lost.</summary>
public readonly struct ScW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        if (!m.LoadForAtomic<Byte4>(address, out var value))
            return;
        if (!m.TakeReservation(address, value))
            m.Rd = 1;
        else if (m.Store<Byte4>(address, m.Rs2))
            m.Rd = 0;
    }
}

/// <summary>amoswap.w.</summary>
public readonly struct AmoSwapW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, operand))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amoadd.w.</summary>
public readonly struct AmoAddW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, value + operand))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amoxor.w.</summary>
public readonly struct AmoXorW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, value ^ operand))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amoand.w.</summary>
public readonly struct AmoAndW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, value & operand))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amoor.w.</summary>
public readonly struct AmoOrW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, value | operand))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amomin.w.</summary>
public readonly struct AmoMinW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, (ulong)Math.Min((int)value, (int)operand)))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amomax.w.</summary>
public readonly struct AmoMaxW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, (ulong)Math.Max((int)value, (int)operand)))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amominu.w.</summary>
public readonly struct AmoMinuW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, Math.Min((uint)value, (uint)operand)))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>amomaxu.w.</summary>
public readonly struct AmoMaxuW : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte4>(address, out var value) && m.Store<Byte4>(address, Math.Max((uint)value, (uint)operand)))
            m.Rd = (ulong)(int)value;
    }
}

/// <summary>lr.d.</summary>
public readonly struct LrD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        if (m.LoadReserved<Byte8>(address, out var value))
        {
            m.Reserve(address, value);
            m.Rd = value;
        }
    }
}

/// <summary>sc.d: fails when the reservation is lost.</summary>
public readonly struct ScD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        if (!m.LoadForAtomic<Byte8>(address, out var value))
            return;
        if (!m.TakeReservation(address, value))
            m.Rd = 1;
        else if (m.Store<Byte8>(address, m.Rs2))
            m.Rd = 0;
    }
}

/// <summary>amoswap.d.</summary>
public readonly struct AmoSwapD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, operand))
            m.Rd = value;
    }
}

/// <summary>amoadd.d.</summary>
public readonly struct AmoAddD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, value + operand))
            m.Rd = value;
    }
}

/// <summary>amoxor.d.</summary>
public readonly struct AmoXorD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, value ^ operand))
            m.Rd = value;
    }
}

/// <summary>amoand.d.</summary>
public readonly struct AmoAndD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, value & operand))
            m.Rd = value;
    }
}

/// <summary>amoor.d.</summary>
public readonly struct AmoOrD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, value | operand))
            m.Rd = value;
    }
}

/// <summary>amomin.d.</summary>
public readonly struct AmoMinD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, (ulong)Math.Min((long)value, (long)operand)))
            m.Rd = value;
    }
}

/// <summary>amomax.d.</summary>
public readonly struct AmoMaxD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, (ulong)Math.Max((long)value, (long)operand)))
            m.Rd = value;
    }
}

/// <summary>amominu.d.</summary>
public readonly struct AmoMinuD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, Math.Min((ulong)value, (ulong)operand)))
            m.Rd = value;
    }
}

/// <summary>amomaxu.d.</summary>
public readonly struct AmoMaxuD : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        var address = m.Rs1;
        var operand = m.Rs2;
        if (m.LoadForAtomic<Byte8>(address, out var value) && m.Store<Byte8>(address, Math.Max((ulong)value, (ulong)operand)))
            m.Rd = value;
    }
}
