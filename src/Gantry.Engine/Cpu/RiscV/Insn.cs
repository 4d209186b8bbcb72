using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>One predecoded instruction: what its handler needs, and nothing that can be computed from where it lies.</summary>
/// <remarks>
/// 8 bytes on every host, for a record stands for each halfword of code that runs. The pc is not stored: an
/// instruction's slot in its <see cref="CodePage"/> tells its offset in the page. Which of the operands that share bytes are there follows from the instruction's <see cref="Format"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct Insn
{
    /// <summary>Bytes of a record.</summary>
    public const int Size = 8;

    // An address's offset in its page, in bytes of records: a record for each halfword.
    private const int OffsetShift = 2;

    [FieldOffset(0)]
    private ushort handler;

    /// <summary>Destination register; <see cref="Hart.Sink"/> for x0.</summary>
    [FieldOffset(2)]
    public byte Rd;

    /// <summary>First source register.</summary>
    [FieldOffset(3)]
    public byte Rs1;

    /// <summary>Immediate operand of formats I, U, J and of shifts, sign-extended where the instruction says so; the raw instruction for system instructions.</summary>
    [FieldOffset(4)]
    public int Immediate;

    /// <summary>Second source register, where <see cref="Immediate"/> is not.</summary>
    [FieldOffset(4)]
    public byte Rs2;

    /// <summary>Third source register (R4 format) in the low five bits, rounding mode in the upper three, where <see cref="Immediate"/> is not.</summary>
    [FieldOffset(5)]
    public byte Rs3AndMode;

    /// <summary>Immediate operand of formats S and B, which have a second source register too: 13 bits.</summary>
    [FieldOffset(6)]
    public short ShortImmediate;

    /// <summary>Executes the instruction; see <see cref="Handler{TOp, TLength}"/>.</summary>
    public delegate*<Hart*, Insn*, int, Insn*> Handler
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get
        {
            if (WasmTarget.IsWebAssembly)
                return (delegate*<Hart*, Insn*, int, Insn*>)(nuint)handler;
            return HandlerNumbers.Handler(handler);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            if (WasmTarget.IsWebAssembly)
                handler = (ushort)(nuint)value;
            else
                handler = HandlerNumbers.Number(value);
        }
    }

    /// <summary>Makes the handler another record's.</summary>
    public void TakeHandler(in Insn other) => handler = other.handler;

    /// <summary>The record of an address.</summary>
    /// <param name="slots">The first of its page.</param>
    /// <param name="offset">The address's offset in the page, in bytes, even.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Insn* At(Insn* slots, ulong offset) => (Insn*)((byte*)slots + ((nuint)offset << OffsetShift));

    /// <summary>The record at a distance from another.</summary>
    /// <param name="insn">The other.</param>
    /// <param name="distance">Between their addresses, in bytes, even.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Insn* Relative(Insn* insn, int distance) => (Insn*)((byte*)insn + ((nint)distance << OffsetShift));

    /// <summary>The offset in its page of a record's address, in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong OffsetOf(Insn* slots, Insn* insn) => (ulong)((byte*)insn - (byte*)slots) >> OffsetShift;
}

/// <summary>Length of an instruction's encoding as a type, so that each handler knows it as a constant.</summary>
public interface ILength
{
    /// <summary>Halfwords: 1 or 2.</summary>
    static abstract int Halfwords { get; }
}

/// <summary>A compressed instruction.</summary>
public readonly struct TwoBytes : ILength
{
    /// <inheritdoc/>
    public static int Halfwords => 1;
}

/// <summary>A full-size instruction.</summary>
public readonly struct FourBytes : ILength
{
    /// <inheritdoc/>
    public static int Halfwords => 2;
}
