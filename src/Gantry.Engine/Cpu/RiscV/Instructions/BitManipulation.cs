using System.Buffers.Binary;
using System.Numerics;

namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>add.uw.</summary>
public readonly struct AddUw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (uint)m.Rs1 + m.Rs2;
}

/// <summary>sh1add.</summary>
public readonly struct Sh1add : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (m.Rs1 << 1) + m.Rs2;
}

/// <summary>sh2add.</summary>
public readonly struct Sh2add : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (m.Rs1 << 2) + m.Rs2;
}

/// <summary>sh3add.</summary>
public readonly struct Sh3add : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (m.Rs1 << 3) + m.Rs2;
}

/// <summary>sh1add.uw.</summary>
public readonly struct Sh1addUw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = ((ulong)(uint)m.Rs1 << 1) + m.Rs2;
}

/// <summary>sh2add.uw.</summary>
public readonly struct Sh2addUw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = ((ulong)(uint)m.Rs1 << 2) + m.Rs2;
}

/// <summary>sh3add.uw.</summary>
public readonly struct Sh3addUw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = ((ulong)(uint)m.Rs1 << 3) + m.Rs2;
}

/// <summary>slli.uw.</summary>
public readonly struct SlliUw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(uint)m.Rs1 << (int)m.Immediate;
}

/// <summary>andn.</summary>
public readonly struct Andn : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 & ~m.Rs2;
}

/// <summary>orn.</summary>
public readonly struct Orn : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 | ~m.Rs2;
}

/// <summary>xnor.</summary>
public readonly struct Xnor : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = ~(m.Rs1 ^ m.Rs2);
}

/// <summary>clz.</summary>
public readonly struct Clz : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.LeadingZeroCount(m.Rs1);
}

/// <summary>clzw.</summary>
public readonly struct Clzw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.LeadingZeroCount((uint)m.Rs1);
}

/// <summary>ctz.</summary>
public readonly struct Ctz : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.TrailingZeroCount(m.Rs1);
}

/// <summary>ctzw.</summary>
public readonly struct Ctzw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.TrailingZeroCount((uint)m.Rs1);
}

/// <summary>cpop.</summary>
public readonly struct Cpop : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.PopCount(m.Rs1);
}

/// <summary>cpopw.</summary>
public readonly struct Cpopw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)BitOperations.PopCount((uint)m.Rs1);
}

/// <summary>max.</summary>
public readonly struct Max : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)Math.Max((long)m.Rs1, (long)m.Rs2);
}

/// <summary>maxu.</summary>
public readonly struct Maxu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Math.Max(m.Rs1, m.Rs2);
}

/// <summary>min.</summary>
public readonly struct Min : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)Math.Min((long)m.Rs1, (long)m.Rs2);
}

/// <summary>minu.</summary>
public readonly struct Minu : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = Math.Min(m.Rs1, m.Rs2);
}

/// <summary>sext.b.</summary>
public readonly struct SextB : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(sbyte)m.Rs1;
}

/// <summary>sext.h.</summary>
public readonly struct SextH : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(short)m.Rs1;
}

/// <summary>zext.h.</summary>
public readonly struct ZextH : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ushort)m.Rs1;
}

/// <summary>rol.</summary>
public readonly struct Rol : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = BitOperations.RotateLeft(m.Rs1, (int)m.Rs2);
}

/// <summary>rolw.</summary>
public readonly struct Rolw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)(BitOperations.RotateLeft((uint)m.Rs1, (int)m.Rs2));
}

/// <summary>ror.</summary>
public readonly struct Ror : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = BitOperations.RotateRight(m.Rs1, (int)m.Rs2);
}

/// <summary>rorw.</summary>
public readonly struct Rorw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)(BitOperations.RotateRight((uint)m.Rs1, (int)m.Rs2));
}

/// <summary>rori.</summary>
public readonly struct Rori : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = BitOperations.RotateRight(m.Rs1, (int)m.Immediate);
}

/// <summary>roriw.</summary>
public readonly struct Roriw : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (ulong)(int)(BitOperations.RotateRight((uint)m.Rs1, (int)m.Immediate));
}

/// <summary>orc.b: each byte becomes 0 or 255.</summary>
public readonly struct OrcB : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
    {
        const ulong Low = 0x0101_0101_0101_0101;
        var a = m.Rs1;
        a |= a >> 4;
        a |= a >> 2;
        a |= a >> 1;
        m.Rd = (a & Low) * 255;
    }
}

/// <summary>rev8.</summary>
public readonly struct Rev8 : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = BinaryPrimitives.ReverseEndianness(m.Rs1);
}

/// <summary>bclr.</summary>
public readonly struct Bclr : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 & ~(1UL << (int)m.Rs2);
}

/// <summary>bclri.</summary>
public readonly struct Bclri : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 & ~(1UL << (int)m.Immediate);
}

/// <summary>bext.</summary>
public readonly struct Bext : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (m.Rs1 >> (int)m.Rs2) & 1;
}

/// <summary>bexti.</summary>
public readonly struct Bexti : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = (m.Rs1 >> (int)m.Immediate) & 1;
}

/// <summary>binv.</summary>
public readonly struct Binv : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 ^ (1UL << (int)m.Rs2);
}

/// <summary>binvi.</summary>
public readonly struct Binvi : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 ^ (1UL << (int)m.Immediate);
}

/// <summary>bset.</summary>
public readonly struct Bset : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 | (1UL << (int)m.Rs2);
}

/// <summary>bseti.</summary>
public readonly struct Bseti : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs1 | (1UL << (int)m.Immediate);
}

/// <summary>czero.eqz.</summary>
public readonly struct CzeroEqz : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs2 == 0 ? 0 : m.Rs1;
}

/// <summary>czero.nez.</summary>
public readonly struct CzeroNez : IInstruction
{
    /// <inheritdoc/>
    public static void Execute<T>(ref T m)
        where T : struct, IOperands
        => m.Rd = m.Rs2 != 0 ? 0 : m.Rs1;
}
