namespace Gantry.Wasm;

/// <content>The rows of the memory and table instructions.</content>
public static partial class OpcodeTable
{
    private static void AddMemoryRows()
    {
        Row(Opcode.I32Load, "i32.load", Immediate.Memory, "i:i", naturalAlignment: 2);
        Row(Opcode.I64Load, "i64.load", Immediate.Memory, "i:l", naturalAlignment: 3);
        Row(Opcode.F32Load, "f32.load", Immediate.Memory, "i:f", naturalAlignment: 2);
        Row(Opcode.F64Load, "f64.load", Immediate.Memory, "i:d", naturalAlignment: 3);
        Row(Opcode.I32Load8S, "i32.load8_s", Immediate.Memory, "i:i", naturalAlignment: 0);
        Row(Opcode.I32Load8U, "i32.load8_u", Immediate.Memory, "i:i", naturalAlignment: 0);
        Row(Opcode.I32Load16S, "i32.load16_s", Immediate.Memory, "i:i", naturalAlignment: 1);
        Row(Opcode.I32Load16U, "i32.load16_u", Immediate.Memory, "i:i", naturalAlignment: 1);
        Row(Opcode.I64Load8S, "i64.load8_s", Immediate.Memory, "i:l", naturalAlignment: 0);
        Row(Opcode.I64Load8U, "i64.load8_u", Immediate.Memory, "i:l", naturalAlignment: 0);
        Row(Opcode.I64Load16S, "i64.load16_s", Immediate.Memory, "i:l", naturalAlignment: 1);
        Row(Opcode.I64Load16U, "i64.load16_u", Immediate.Memory, "i:l", naturalAlignment: 1);
        Row(Opcode.I64Load32S, "i64.load32_s", Immediate.Memory, "i:l", naturalAlignment: 2);
        Row(Opcode.I64Load32U, "i64.load32_u", Immediate.Memory, "i:l", naturalAlignment: 2);
        Row(Opcode.I32Store, "i32.store", Immediate.Memory, "ii:", naturalAlignment: 2);
        Row(Opcode.I64Store, "i64.store", Immediate.Memory, "il:", naturalAlignment: 3);
        Row(Opcode.F32Store, "f32.store", Immediate.Memory, "if:", naturalAlignment: 2);
        Row(Opcode.F64Store, "f64.store", Immediate.Memory, "id:", naturalAlignment: 3);
        Row(Opcode.I32Store8, "i32.store8", Immediate.Memory, "ii:", naturalAlignment: 0);
        Row(Opcode.I32Store16, "i32.store16", Immediate.Memory, "ii:", naturalAlignment: 1);
        Row(Opcode.I64Store8, "i64.store8", Immediate.Memory, "il:", naturalAlignment: 0);
        Row(Opcode.I64Store16, "i64.store16", Immediate.Memory, "il:", naturalAlignment: 1);
        Row(Opcode.I64Store32, "i64.store32", Immediate.Memory, "il:", naturalAlignment: 2);
        Row(Opcode.MemorySize, "memory.size", Immediate.MemoryIndex, ":i");
        Row(Opcode.MemoryGrow, "memory.grow", Immediate.MemoryIndex, "i:i");
        Row(Opcode.MemoryInit, "memory.init", Immediate.MemoryInit, "iii:");
        Row(Opcode.DataDrop, "data.drop", Immediate.Data, ":");
        Row(Opcode.MemoryCopy, "memory.copy", Immediate.MemoryCopy, "iii:");
        Row(Opcode.MemoryFill, "memory.fill", Immediate.MemoryIndex, "iii:");
        Row(Opcode.TableInit, "table.init", Immediate.TableInit, "iii:");
        Row(Opcode.ElemDrop, "elem.drop", Immediate.Element, ":");
        Row(Opcode.TableCopy, "table.copy", Immediate.TableCopy, "iii:");
        Row(Opcode.TableGrow, "table.grow", Immediate.Table);
        Row(Opcode.TableSize, "table.size", Immediate.Table, ":i");
        Row(Opcode.TableFill, "table.fill", Immediate.Table);
    }
}
