using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.RiscV.Instructions;

/// <summary>Single-precision values in 64-bit registers (unprivileged specification, chapter "D", NaN boxing).</summary>
public static class NanBox
{
    private const ulong Box = 0xFFFF_FFFF_0000_0000;
    private const uint CanonicalNaN = 0x7FC0_0000;

    /// <summary>The value in a register: what is not boxed counts as a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read(ulong register) => register >= Box ? (uint)register : CanonicalNaN;

    /// <summary>The register that holds a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Write(uint value) => Box | value;
}
