namespace Gantry.Wasm;

/// <content>The rows of the control, parametric, variable and reference instructions.</content>
public static partial class OpcodeTable
{
    private static void AddControlRows()
    {
        Row(Opcode.Unreachable, "unreachable", Immediate.None);
        Row(Opcode.Nop, "nop", Immediate.None);
        Row(Opcode.Block, "block", Immediate.BlockType);
        Row(Opcode.Loop, "loop", Immediate.BlockType);
        Row(Opcode.If, "if", Immediate.BlockType);
        Row(Opcode.Else, "else", Immediate.None);
        Row(Opcode.End, "end", Immediate.None);
        Row(Opcode.Br, "br", Immediate.Label);
        Row(Opcode.BrIf, "br_if", Immediate.Label);
        Row(Opcode.BrTable, "br_table", Immediate.BranchTable);
        Row(Opcode.Return, "return", Immediate.None);
        Row(Opcode.Call, "call", Immediate.Function);
        Row(Opcode.CallIndirect, "call_indirect", Immediate.CallIndirect);
        Row(Opcode.ReturnCall, "return_call", Immediate.Function);
        Row(Opcode.ReturnCallIndirect, "return_call_indirect", Immediate.CallIndirect);
        Row(Opcode.Drop, "drop", Immediate.None);
        Row(Opcode.Select, "select", Immediate.None);
        Row(Opcode.SelectTyped, "select", Immediate.SelectTypes);
        Row(Opcode.LocalGet, "local.get", Immediate.Local);
        Row(Opcode.LocalSet, "local.set", Immediate.Local);
        Row(Opcode.LocalTee, "local.tee", Immediate.Local);
        Row(Opcode.GlobalGet, "global.get", Immediate.Global);
        Row(Opcode.GlobalSet, "global.set", Immediate.Global);
        Row(Opcode.TableGet, "table.get", Immediate.Table);
        Row(Opcode.TableSet, "table.set", Immediate.Table);
        Row(Opcode.RefNull, "ref.null", Immediate.RefType);
        Row(Opcode.RefIsNull, "ref.is_null", Immediate.None);
        Row(Opcode.RefFunc, "ref.func", Immediate.Function);
    }
}
