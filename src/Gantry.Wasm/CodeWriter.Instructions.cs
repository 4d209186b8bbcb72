namespace Gantry.Wasm;

/// <content>The instructions. Each method appends one instruction; nothing is validated here (see <see cref="ModuleValidator"/>).</content>
public sealed partial class CodeWriter
{
    /// <summary>Appends an opcode, without immediates.</summary>
    public void Op(Opcode opcode)
    {
        int value = (int)opcode;
        if (value < 0x100)
        {
            Byte((byte)value);
            return;
        }

        byte prefix = value < 0xFD00 ? (byte)0xFC : (byte)0xFD;
        Byte(prefix);
        U32((uint)(value - (prefix << 8)));
    }

    /// <summary>Appends an opcode whose immediate is one index (call, local.get, br, table.size, ...).</summary>
    public void Op(Opcode opcode, int index)
    {
        Op(opcode);
        Index(index);
    }

    /// <summary>Appends <c>block</c>, <c>loop</c> or <c>if</c>.</summary>
    public void Op(Opcode opcode, BlockType type)
    {
        Op(opcode);
        S64(type.Value);
    }

    /// <summary>Appends a load or a store.</summary>
    public void Op(Opcode opcode, MemArg memArg)
    {
        Op(opcode);
        U32(memArg.AlignLog2);
        U32(memArg.Offset);
    }

    /// <summary>Appends a load or store of one lane.</summary>
    public void Op(Opcode opcode, MemArg memArg, byte lane)
    {
        Op(opcode, memArg);
        Byte(lane);
    }

    /// <summary>Appends a load or a store with its natural alignment.</summary>
    public void Access(Opcode opcode, uint offset = 0) =>
        Op(opcode, new MemArg((uint)(OpcodeTable.Find(opcode)?.NaturalAlignment ?? 0), offset));

    /// <summary>Appends <c>extract_lane</c> or <c>replace_lane</c>.</summary>
    public void Lane(Opcode opcode, byte lane)
    {
        Op(opcode);
        Byte(lane);
    }

    public void Unreachable() => Op(Opcode.Unreachable);

    public void Block(BlockType type) => Op(Opcode.Block, type);

    public void Loop(BlockType type) => Op(Opcode.Loop, type);

    public void If(BlockType type) => Op(Opcode.If, type);

    public void Else() => Op(Opcode.Else);

    public void End() => Op(Opcode.End);

    public void Br(int label) => Op(Opcode.Br, label);

    public void BrIf(int label) => Op(Opcode.BrIf, label);

    /// <summary>Appends <c>br_table</c>.</summary>
    public void BrTable(ReadOnlySpan<int> labels, int defaultLabel)
    {
        Op(Opcode.BrTable, labels.Length);
        foreach (int label in labels) Index(label);
        Index(defaultLabel);
    }

    public void Return() => Op(Opcode.Return);

    public void Call(int function) => Op(Opcode.Call, function);

    public void CallIndirect(int type, int table = 0)
    {
        Op(Opcode.CallIndirect, type);
        Index(table);
    }

    public void ReturnCall(int function) => Op(Opcode.ReturnCall, function);

    public void ReturnCallIndirect(int type, int table = 0)
    {
        Op(Opcode.ReturnCallIndirect, type);
        Index(table);
    }

    public void Drop() => Op(Opcode.Drop);

    public void Select() => Op(Opcode.Select);

    /// <summary>Appends the typed form of <c>select</c>, which references need.</summary>
    public void Select(ValType type)
    {
        Op(Opcode.SelectTyped, 1);
        Byte((byte)type);
    }

    public void LocalGet(int local) => Op(Opcode.LocalGet, local);

    public void LocalSet(int local) => Op(Opcode.LocalSet, local);

    public void LocalTee(int local) => Op(Opcode.LocalTee, local);

    public void GlobalGet(int global) => Op(Opcode.GlobalGet, global);

    public void GlobalSet(int global) => Op(Opcode.GlobalSet, global);

    public void I32Const(int value)
    {
        Op(Opcode.I32Const);
        S64(value);
    }

    public void I64Const(long value)
    {
        Op(Opcode.I64Const);
        S64(value);
    }

    public void F32Const(float value)
    {
        Op(Opcode.F32Const);
        F32(value);
    }

    public void F64Const(double value)
    {
        Op(Opcode.F64Const);
        F64(value);
    }

    /// <summary>Appends <c>v128.const</c>; the least significant byte of <paramref name="value"/> is lane 0's first.</summary>
    public void V128Const(UInt128 value)
    {
        Op(Opcode.V128Const);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(Append(16), value);
    }

    /// <summary>Appends <c>i8x16.shuffle</c> with 16 lane numbers from 0 to 31.</summary>
    public void Shuffle(ReadOnlySpan<byte> lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(lanes.Length, 16);
        Op(Opcode.I8x16Shuffle);
        Bytes(lanes);
    }

    public void MemorySize(int memory = 0) => Op(Opcode.MemorySize, memory);

    public void MemoryGrow(int memory = 0) => Op(Opcode.MemoryGrow, memory);

    public void MemoryFill(int memory = 0) => Op(Opcode.MemoryFill, memory);

    public void MemoryCopy(int destination = 0, int source = 0)
    {
        Op(Opcode.MemoryCopy, destination);
        Index(source);
    }

    public void MemoryInit(int data, int memory = 0)
    {
        Op(Opcode.MemoryInit, data);
        Index(memory);
    }

    public void DataDrop(int data) => Op(Opcode.DataDrop, data);

    public void ElemDrop(int element) => Op(Opcode.ElemDrop, element);

    public void TableInit(int element, int table = 0)
    {
        Op(Opcode.TableInit, element);
        Index(table);
    }

    public void TableCopy(int destination = 0, int source = 0)
    {
        Op(Opcode.TableCopy, destination);
        Index(source);
    }

    public void RefNull(ValType type)
    {
        Op(Opcode.RefNull);
        Byte((byte)type);
    }

    public void RefIsNull() => Op(Opcode.RefIsNull);

    public void RefFunc(int function) => Op(Opcode.RefFunc, function);
}
