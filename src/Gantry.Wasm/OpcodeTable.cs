namespace Gantry.Wasm;

/// <summary>What follows an opcode in the instruction stream.</summary>
public enum Immediate : byte
{
    None,
    BlockType,
    Label,
    BranchTable,
    Function,
    CallIndirect,
    SelectTypes,
    Local,
    Global,
    Table,
    Memory,
    MemoryLane,
    MemoryIndex,
    MemoryInit,
    MemoryCopy,
    Data,
    Element,
    TableInit,
    TableCopy,
    RefType,
    I32,
    I64,
    F32,
    F64,
    V128,
    Lane,
    Shuffle,
}

/// <summary>The facts about one instruction.</summary>
public sealed class OpcodeInfo
{
    internal OpcodeInfo(Opcode opcode, string name, Immediate immediate, string? signature, int naturalAlignment, int lanes)
    {
        Opcode = opcode;
        Name = name;
        Immediate = immediate;
        NaturalAlignment = naturalAlignment;
        Lanes = lanes;
        if (signature is null) return;
        int colon = signature.IndexOf(':', StringComparison.Ordinal);
        Type = new FuncType(Parse(signature.AsSpan(0, colon)), Parse(signature.AsSpan(colon + 1)));
    }

    /// <summary>The instruction.</summary>
    public Opcode Opcode { get; }

    /// <summary>The mnemonic of the text format.</summary>
    public string Name { get; }

    /// <summary>The kind of its immediates.</summary>
    public Immediate Immediate { get; }

    /// <summary>What it pops and pushes, or null where that depends on its immediates or on the stack.</summary>
    public FuncType? Type { get; }

    /// <summary>For a memory access, the log2 of its size in bytes: the greatest alignment hint allowed.</summary>
    public int NaturalAlignment { get; }

    /// <summary>For a lane access, the number of lanes.</summary>
    public int Lanes { get; }

    private static ValType[] Parse(ReadOnlySpan<char> letters)
    {
        var types = new ValType[letters.Length];
        for (int i = 0; i < types.Length; i++)
        {
            types[i] = letters[i] switch
            {
                'i' => ValType.I32,
                'l' => ValType.I64,
                'f' => ValType.F32,
                'd' => ValType.F64,
                _ => ValType.V128,
            };
        }

        return types;
    }
}

/// <summary>
/// One row per instruction: mnemonic, immediates, type (letters i, l, f, d, v for i32, i64, f32, f64, v128: "pops:pushes").
/// The reader, the validator and whoever rewrites code all read this table.
/// </summary>
public static partial class OpcodeTable
{
    private static readonly OpcodeInfo?[] Plain = new OpcodeInfo?[256];
    private static readonly OpcodeInfo?[] PrefixFC = new OpcodeInfo?[256];
    private static readonly OpcodeInfo?[] PrefixFD = new OpcodeInfo?[512];

#pragma warning disable CA1810 // The tables are filled by code, row by row, before first use.
    static OpcodeTable()
#pragma warning restore CA1810
    {
        AddControlRows();
        AddMemoryRows();
        AddNumericRows();
        AddVectorRows();
    }

    /// <summary>All instructions, in opcode order.</summary>
    public static IEnumerable<OpcodeInfo> All => Plain.Concat(PrefixFC).Concat(PrefixFD).OfType<OpcodeInfo>();

    /// <summary>The row of an instruction, or null if there is no such instruction.</summary>
    public static OpcodeInfo? Find(Opcode opcode)
    {
        var (page, index) = PlaceOf(opcode);
        return index < page.Length ? page[index] : null;
    }

    private static void Row(Opcode opcode, string name, Immediate immediate, string? signature = null, int naturalAlignment = 0, int lanes = 0)
    {
        var (page, index) = PlaceOf(opcode);
        page[index] = new OpcodeInfo(opcode, name, immediate, signature, naturalAlignment, lanes);
    }

    private static (OpcodeInfo?[] Page, int Index) PlaceOf(Opcode opcode) => (int)opcode switch
    {
        >= 0xFD00 => (PrefixFD, (int)opcode - 0xFD00),
        >= 0xFC00 => (PrefixFC, (int)opcode - 0xFC00),
        _ => (Plain, (int)opcode),
    };
}
