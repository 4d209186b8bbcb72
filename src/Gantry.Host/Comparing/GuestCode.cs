using System.Buffers.Binary;
using System.Text;
using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.RiscV;

namespace Gantry.Host.Comparing;

/// <summary>Reads a guest's code as text.</summary>
internal static unsafe class GuestCode
{
    /// <summary>Instructions from an address on, one a line, as far as they can be read.</summary>
    /// <param name="ram">Guest RAM.</param>
    /// <param name="addressSpace">satp.</param>
    /// <param name="pc">Where to begin.</param>
    /// <param name="count">Lines at most.</param>
    public static string Text(ReadOnlySpan<byte> ram, ulong addressSpace, ulong pc, int count)
    {
        var table = default(InstructionTable);
        table.Build();
        var text = new StringBuilder();
        for (; count > 0; count--)
        {
            if (Half(ram, addressSpace, pc) is not { } low)
                return text.Append($"  {pc:x16}: not mapped\n").ToString();
            var isFull = (low & 3) == 3;
            var high = isFull ? Half(ram, addressSpace, pc + 2) : 0;
            if (high == null)
                return text.Append($"  {pc:x16}: its end is not mapped\n").ToString();
            var word = isFull ? (uint)(low | (high << 16)) : Compressed.Expand(low);
            var bytes = isFull ? $"{word:x8}" : $"{low:x4}    ";
            text.Append($"  {pc:x16}: {bytes}  {Disassembler.Text(table, word, pc) ?? "illegal"}\n");
            pc += isFull ? 4u : 2u;
        }

        return text.ToString();
    }

    private static ushort? Half(ReadOnlySpan<byte> ram, ulong addressSpace, ulong address) =>
        Translate(ram, addressSpace, address) is { } offset ? BinaryPrimitives.ReadUInt16LittleEndian(ram[(int)offset..]) : null;

    // Privileged specification, 4.3.2, for people: permissions are not looked at.
    private static ulong? Translate(ReadOnlySpan<byte> ram, ulong addressSpace, ulong address)
    {
        var mode = (uint)(addressSpace >> 60);
        if (mode == PageWalk.Bare)
            return InRam(ram, address, sizeof(ushort));
        var table = (addressSpace & 0xFFF_FFFF_FFFF) << 12;
        for (var level = mode == PageWalk.Sv48 ? 3 : 2; level >= 0; level--)
        {
            if (InRam(ram, table + (((address >> (12 + (9 * level))) & 511) * 8), sizeof(ulong)) is not { } at)
                return null;
            var entry = BinaryPrimitives.ReadUInt64LittleEndian(ram[(int)at..]);
            if ((entry & PteBits.V) == 0)
                return null;
            table = ((entry >> 10) & 0xFFF_FFFF_FFFF) << 12;
            if ((entry & (PteBits.R | PteBits.X)) != 0)
                return InRam(ram, table + (address & ((1UL << (12 + (9 * level))) - 1)), sizeof(ushort));
        }

        return null;
    }

    private static ulong? InRam(ReadOnlySpan<byte> ram, ulong address, uint bytes) =>
        address - MemoryMap.Ram <= (ulong)ram.Length - bytes ? address - MemoryMap.Ram : null;
}
