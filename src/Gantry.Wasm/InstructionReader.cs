using System.Buffers.Binary;

namespace Gantry.Wasm;

/// <summary>
/// Walks the instructions of a function's code or a constant expression in order, flat: blocks are instructions like any
/// other. Decodes only; whether indices and types make sense is the validator's business.
/// </summary>
/// <example><c>var reader = new InstructionReader(function.Code.Span); while (reader.Next()) ...</c></example>
public ref struct InstructionReader
{
    private readonly ReadOnlySpan<byte> code;
    private ByteReader bytes;

    /// <summary>Stands before the first instruction.</summary>
    /// <param name="code">The instructions.</param>
    /// <param name="origin">The offset of the first byte in the binary, for errors.</param>
    public InstructionReader(ReadOnlySpan<byte> code, int origin = 0)
    {
        this.code = code;
        bytes = new ByteReader(code, origin);
        Info = OpcodeTable.Find(Opcode.Unreachable)!;
    }

    /// <summary>Where the current instruction begins in the code.</summary>
    public int Position { get; private set; }

    /// <summary>Where the current instruction's immediates begin in the code.</summary>
    public int ImmediatePosition { get; private set; }

    /// <summary>Where the next instruction begins in the code.</summary>
    public readonly int NextPosition => bytes.Position;

    /// <summary>Where the next instruction begins in the binary.</summary>
    public readonly int NextOffset => bytes.Offset;

    /// <summary>Where the current instruction begins in the binary.</summary>
    public readonly int Offset => bytes.Offset - bytes.Position + Position;

    /// <summary>The current instruction.</summary>
    public Opcode Opcode { get; private set; }

    /// <summary>What is known about the current instruction.</summary>
    public OpcodeInfo Info { get; private set; }

    /// <summary>
    /// The index that is the first immediate: label, function, type (call_indirect), local, global, table, data or element.
    /// For <c>br_table</c> the number of labels before the default.
    /// </summary>
    public int Index { get; private set; }

    /// <summary>The second index: the table of call_indirect and table.init, the memory of memory.init, the source of copies.</summary>
    public int Index2 { get; private set; }

    /// <summary>The lane of a lane access.</summary>
    public byte Lane { get; private set; }

    /// <summary>A memory access's immediate.</summary>
    public MemArg MemArg { get; private set; }

    /// <summary>The type of <c>block</c>, <c>loop</c> or <c>if</c>.</summary>
    public BlockType BlockType { get; private set; }

    /// <summary>The type of <c>ref.null</c>, or of a <c>select</c> with exactly one (<see cref="Index"/>) type.</summary>
    public ValType Type { get; private set; }

    /// <summary>The bits of a constant, sign-extended if an i32; the 16 lanes of <c>i8x16.shuffle</c>.</summary>
    public UInt128 Literal { get; private set; }

    /// <summary>The current instruction's bytes.</summary>
    public readonly ReadOnlySpan<byte> InstructionBytes => code[Position..NextPosition];

    /// <summary>The bytes of the current instruction's immediates.</summary>
    public readonly ReadOnlySpan<byte> ImmediateBytes => code[ImmediatePosition..NextPosition];

    /// <summary>Reads the labels of the current <c>br_table</c>: <see cref="Index"/> of them, then the default.</summary>
    public readonly ByteReader Labels()
    {
        var labels = new ByteReader(ImmediateBytes, Offset + ImmediatePosition - Position);
        labels.U32();
        return labels;
    }

    /// <summary>Goes to the next instruction.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="WasmException">The bytes are no instruction.</exception>
    public bool Next()
    {
        if (bytes.AtEnd) return false;
        Position = bytes.Position;
        int first = bytes.Byte();
        int opcode = first;
        if (first is 0xFC or 0xFD)
        {
            uint sub = bytes.U32();
            opcode = sub >= (first == 0xFC ? 0x100 : 0x200) ? -1 : (first << 8) + (int)sub;
        }

        Info = (opcode < 0 ? null : OpcodeTable.Find((Opcode)opcode)) ?? throw new WasmException("illegal opcode", Offset);
        Opcode = Info.Opcode;
        ImmediatePosition = bytes.Position;
        if (Info.Immediate != Immediate.None) ReadImmediate();
        return true;
    }

    private void ReadImmediate()
    {
        switch (Info.Immediate)
        {
            case Immediate.BlockType:
                ReadBlockType();
                break;
            case Immediate.Label or Immediate.Function or Immediate.Local or Immediate.Global or Immediate.Table
                or Immediate.Data or Immediate.Element:
                Index = bytes.Index();
                break;
            case Immediate.BranchTable:
                Index = bytes.Count(ImplementationLimits.FunctionSize, "labels");
                for (int i = 0; i <= Index; i++) bytes.U32();
                break;
            case Immediate.CallIndirect or Immediate.TableInit or Immediate.TableCopy:
                Index = bytes.Index();
                Index2 = bytes.Index();
                break;
            case Immediate.SelectTypes:
                Index = bytes.Count(ImplementationLimits.Results, "types of select");
                for (int i = 0; i < Index; i++) Type = bytes.ValType();
                break;
            case Immediate.Memory:
                MemArg = new MemArg(bytes.U32(), bytes.U32());
                break;
            case Immediate.MemoryLane:
                MemArg = new MemArg(bytes.U32(), bytes.U32());
                Lane = bytes.Byte();
                break;
            case Immediate.MemoryIndex:
                Index = ReservedZero();
                break;
            case Immediate.MemoryCopy:
                Index = ReservedZero();
                Index2 = ReservedZero();
                break;
            case Immediate.MemoryInit:
                Index = bytes.Index();
                Index2 = ReservedZero();
                break;
            case Immediate.RefType:
                Type = bytes.RefType();
                break;
            case Immediate.I32:
                Literal = (UInt128)bytes.S32();
                break;
            case Immediate.I64:
                Literal = (UInt128)bytes.S64();
                break;
            case Immediate.F32:
                Literal = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Bytes(4));
                break;
            case Immediate.F64:
                Literal = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Bytes(8));
                break;
            case Immediate.Lane:
                Lane = bytes.Byte();
                break;
            default:
                Literal = BinaryPrimitives.ReadUInt128LittleEndian(bytes.Bytes(16));
                break;
        }
    }

    // 0x40 and the value types are one byte each, else a non-negative s33 (core 5.4.1).
    private void ReadBlockType()
    {
        int next = bytes.Peek();
        if (next == 0x40 || (next >= 0 && ValTypes.IsValType((byte)next)))
        {
            bytes.Byte();
            BlockType = new BlockType(next - 128);
            return;
        }

        int offset = bytes.Offset;
        long index = bytes.S33();
        if (index < 0) throw new WasmException("malformed block type", offset);
        BlockType = new BlockType(index);
    }

    private int ReservedZero()
    {
        if (bytes.Byte() != 0) throw new WasmException("zero byte expected", bytes.Offset - 1);
        return 0;
    }
}
