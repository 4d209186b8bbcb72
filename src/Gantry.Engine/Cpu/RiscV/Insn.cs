namespace Gantry.Engine.Cpu.RiscV;

/// <summary>One predecoded instruction: what its handler needs, and nothing that can be computed from where it lies.</summary>
/// <remarks>
/// 16 bytes on every host. The pc is not stored: an instruction's slot in its <see cref="CodePage"/> tells its offset in the page.
/// </remarks>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 16)]
public unsafe struct Insn
{
    /// <summary>Bytes of a record.</summary>
    public const int Size = 16;

    /// <summary>Executes the instruction; see <see cref="Handler{TOp, TLength}"/>.</summary>
    [System.Runtime.InteropServices.FieldOffset(0)]
    public delegate*<Hart*, Insn*, int, Insn*> Handler;

    /// <summary>Where <see cref="Entry"/> is.</summary>
    public const int EntryOffset = 4;

    /// <summary>In WebAssembly, where pointers have four bytes: which way in of a translated region this record is. (Elsewhere nothing is translated.)</summary>
    [System.Runtime.InteropServices.FieldOffset(EntryOffset)]
    public int Entry;

    /// <summary>Immediate operand, sign-extended where the instruction says so; the raw instruction for system instructions.</summary>
    [System.Runtime.InteropServices.FieldOffset(8)]
    public int Immediate;

    /// <summary>Destination register; <see cref="Hart.Sink"/> for x0.</summary>
    [System.Runtime.InteropServices.FieldOffset(12)]
    public byte Rd;

    /// <summary>First source register.</summary>
    [System.Runtime.InteropServices.FieldOffset(13)]
    public byte Rs1;

    /// <summary>Second source register.</summary>
    [System.Runtime.InteropServices.FieldOffset(14)]
    public byte Rs2;

    /// <summary>Third source register (R4 format) in the low five bits, rounding mode in the upper three.</summary>
    [System.Runtime.InteropServices.FieldOffset(15)]
    public byte Rs3AndMode;
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
