using System.Globalization;
using System.Text;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// Text of an encoding, as objdump prints it with <c>-M no-aliases,numeric</c>. For people and tests: not part of the module, so strings are welcome here.
/// </summary>
public static unsafe class Disassembler
{
    private static readonly string[] RoundingModes = ["rne", "rtz", "rdn", "rup", "rmm", "?", "?", "dyn"];

    /// <summary>The text of a full-size encoding; null when no row of the table matches.</summary>
    /// <param name="table">The instruction table.</param>
    /// <param name="word">The encoding. A compressed one is expanded first (<see cref="Compressed.Expand"/>).</param>
    /// <param name="pc">Its address: branch targets are absolute.</param>
    public static string? Text(in InstructionTable table, uint word, ulong pc)
    {
        var row = table.Find(word);
        if (row == null || ((row->Flags & RowFlags.Rounds) != 0 && ((word >> 12) & 7) is 5 or 6))
            return null;
        var name = new string((sbyte*)row->Name, 0, row->NameLength);
        var operands = Operands(row, word, pc);
        if (row->Format == Format.Amo)
            name += ((word >> 25) & 3) switch { 1 => ".rl", 2 => ".aq", 3 => ".aqrl", _ => "" };
        return operands.Length == 0 ? name : $"{name}\t{operands}";
    }

    private static string Operands(InstructionRow* row, uint word, ulong pc)
    {
        var rd = Register(word >> 7, (row->Flags & RowFlags.FloatRd) != 0);
        var isFloat = (row->Flags & RowFlags.Float) != 0 && (row->Flags & RowFlags.IntegerSources) == 0;
        var rs1 = Register(word >> 15, isFloat && row->Format != Format.I && row->Format != Format.S);
        var rs2 = Register(word >> 20, isFloat);
        var immediate = Decoder.ImmediateOf(row->Format, word);
        var mode = (word >> 12) & 7;
        // The dynamic mode is the unmarked one. Conversions that are always exact print theirs only when it is unusual: never as RNE.
        var rounding = (row->Flags & RowFlags.Rounds) == 0 || mode == 7 || (mode == 0 && IsExact(row)) ? "" : "," + RoundingModes[mode];
        switch (row->Format)
        {
            case Format.R: return $"{rd},{rs1},{rs2}{rounding}";
            case Format.R4: return $"{rd},{rs1},{rs2},{Register(word >> 27, true)}{rounding}";
            case Format.Unary: return $"{rd},{rs1}{rounding}";
            case Format.Shift: return $"{rd},{rs1},0x{immediate:x}";
            case Format.S: return $"{rs2},{immediate}({rs1})";
            case Format.B: return $"{rs1},{rs2},{Address(pc, immediate)}";
            case Format.U: return $"{rd},0x{(uint)immediate >> 12:x}";
            case Format.J: return $"{rd},{Address(pc, immediate)}";
            case Format.Amo: return row->Match >> 27 == 2 ? $"{rd},({rs1})" : $"{rd},{rs2},({rs1})";
            case Format.I: return IsMemory(word) || (word & 0x7F) == 0x67 ? $"{rd},{immediate}({rs1})" : $"{rd},{rs1},{immediate}";
            case Format.System: return System(row, word, rd, rs1, rs2);
            default: return (word & 0x707F) == 0x0F ? Fence(word) : $"({rs1})";
        }
    }

    private static bool IsMemory(uint word) => (word & 0x7F) is 0x03 or 0x07;

    // fcvt.d.s, fcvt.d.w, fcvt.d.wu.
    private static bool IsExact(InstructionRow* row) => row->Match is 0x42000053 or 0xD2000053 or 0xD2100053;

    private static string System(InstructionRow* row, uint word, string rd, string rs1, string rs2)
    {
        if ((word & 0x7F) == 0x0F)
            return (word & 0x7000) == 0x1000 ? "" : $"({rs1})";
        if (row->Match == 0x12000073)
            return $"{rs1},{rs2}";
        if ((row->Match & 0x7000) == 0)
            return "";
        return (word & 0x4000) != 0 ? $"{rd},{Csrs.Name(word >> 20)},{(word >> 15) & 31}" : $"{rd},{Csrs.Name(word >> 20)},{rs1}";
    }

    private static string Fence(uint word)
    {
        if (word == 0x8330000F)
            return "";
        return $"{Set((word >> 24) & 15)},{Set((word >> 20) & 15)}";
    }

    private static string Set(uint bits)
    {
        if (bits == 0)
            return "unknown";
        var text = new StringBuilder();
        for (var i = 0; i < 4; i++)
        {
            if ((bits & (8u >> i)) != 0)
                text.Append("iorw"[i]);
        }

        return text.ToString();
    }

    private static string Register(uint field, bool isFloat) => (isFloat ? "f" : "x") + (field & 31).ToString(CultureInfo.InvariantCulture);

    private static string Address(ulong pc, int offset) => (pc + (ulong)(long)offset).ToString("x", CultureInfo.InvariantCulture);
}
