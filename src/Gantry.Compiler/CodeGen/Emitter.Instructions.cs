using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <content>Instructions, operands and the shadow-stack frame.</content>
internal sealed partial class Emitter
{
    /// <summary>Offsets below this are folded into loads and stores: nothing lies below the first data, so an address that wraps around hits no object.</summary>
    public const int FoldableOffset = ModuleBuilder.DataStart;

    private readonly Dictionary<Instr, int> _frameOffsets = [];
    private int _frameSize;
    private int _frameLocal = -1;

    private void LayOutFrame()
    {
        var needsFrame = false;
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                needsFrame |= instr.Op == Op.StackAlloc;
                if (instr.Op != Op.Alloca || instr.Uses == 0)
                    continue;
                needsFrame = true;
                _frameSize = LayoutBuilder.Align(_frameSize, ((AllocaInfo)instr.Aux!).Alignment);
                _frameOffsets[instr] = _frameSize;
                _frameSize += (int)instr.Imm;
            }
        }

        _frameSize = LayoutBuilder.Align(_frameSize, 16);
        if (!needsFrame)
            return;
        _frameLocal = _function.Type.Parameters.Length + _locals.Count;
        _locals.Add(ValType.I32);
    }

    private void EmitPrologue()
    {
        if (_frameLocal < 0)
            return;
        Add(Opcode.GlobalGet, ModuleBuilder.StackPointer);
        Add(Opcode.I32Const, _frameSize);
        Add(Opcode.I32Sub);
        Add(Opcode.LocalTee, _frameLocal);
        EmitStackCheck();
        Add(Opcode.LocalGet, _frameLocal);
        Add(Opcode.GlobalSet, ModuleBuilder.StackPointer);
    }

    /// <summary>Traps when the address on the stack lies below the shadow stack.</summary>
    private void EmitStackCheck()
    {
        Add(Opcode.I32Const, aux: _module.StackLimit);
        Add(Opcode.I32LtS);
        Add(Opcode.If, BlockType.Empty.Value);
        EmitTrap(new TrapInfo("System.InsufficientExecutionStackException", "The shadow stack is used up.", _function.Name));
        Add(Opcode.End);
    }

    private void EmitEpilogue()
    {
        if (_frameLocal < 0)
            return;
        Add(Opcode.LocalGet, _frameLocal);
        Add(Opcode.I32Const, _frameSize);
        Add(Opcode.I32Add);
        Add(Opcode.GlobalSet, ModuleBuilder.StackPointer);
    }

    private void EmitOperand(Instr value)
    {
        switch (value.Op)
        {
            case Op.Const:
                EmitConstant(value);
                break;
            case Op.SymAddr:
                Add(Opcode.I32Const, value.Imm, value.Aux);
                break;
            case Op.FuncAddr:
                Add(Opcode.I32Const, 0, value.Aux);
                break;
            case Op.Alloca:
                Add(Opcode.LocalGet, _frameLocal);
                if (_frameOffsets[value] != 0)
                {
                    Add(Opcode.I32Const, _frameOffsets[value]);
                    Add(Opcode.I32Add);
                }

                break;
            default:
                if (value.Inlined)
                    EmitInstr(value);
                else
                    Add(Opcode.LocalGet, value.Local);
                break;
        }
    }

    private void EmitConstant(Instr value)
    {
        var code = value.Type switch
        {
            ValType.I32 => Opcode.I32Const,
            ValType.I64 => Opcode.I64Const,
            ValType.F32 => Opcode.F32Const,
            ValType.F64 => Opcode.F64Const,
            _ => Opcode.V128Const,
        };
        _out.Add(new Out { Code = code, Imm = value.Imm, Wide = value.Wide, Position = _position });
    }

    /// <summary>Pushes an address; a constant part becomes the access's offset.</summary>
    private (long Offset, object? Symbol) EmitAddress(Instr address, long offset)
    {
        if (offset is < 0 or >= FoldableOffset)
        {
            EmitOperand(address);
            Add(Opcode.I32Const, (int)offset);
            Add(Opcode.I32Add);
            return (0, null);
        }

        switch (address.Op)
        {
            case Op.SymAddr:
                Add(Opcode.I32Const, 0);
                return (address.Imm + offset, address.Aux);
            case Op.Alloca:
                Add(Opcode.LocalGet, _frameLocal);
                return (_frameOffsets[address] + offset, null);
            case Op.Wasm when address.Code == Opcode.I32Add && address.Inlined:
                var right = address.Args[1];
                if (right.IsConst && right.Imm >= 0 && right.Imm + offset < FoldableOffset)
                    return EmitAddress(address.Args[0], offset + right.Imm);
                if (right.Op == Op.SymAddr && Optimizer.Simplifier.PossibleBits(address.Args[0]) <= int.MaxValue && right.Imm + offset >= 0)
                {
                    EmitOperand(address.Args[0]);
                    return (right.Imm + offset, right.Aux);
                }

                break;
        }

        EmitOperand(address);
        return (offset, null);
    }

    // A template's access at what a hole pushes names the hole: its filler has a say in the offset.
    private static MethodDesc? HoleOf(Instr address) =>
        address.Resolve() is { Op: Op.Call, Aux: MethodDesc method } && TemplateWriter.HoleOf(method) != null ? method : null;

    private void EmitInstr(Instr instr)
    {
        var outer = _position;
        _position = instr.Position;
        switch (instr.Op)
        {
            case Op.Load:
                var (loadOffset, loadSymbol) = EmitAddress(instr.Args[0], instr.Imm);
                Add(instr.Code, loadOffset, loadSymbol ?? HoleOf(instr.Args[0]));
                break;
            case Op.Store:
                var (storeOffset, storeSymbol) = EmitAddress(instr.Args[0], instr.Imm);
                EmitOperand(instr.Args[1]);
                Add(instr.Code, storeOffset, storeSymbol ?? HoleOf(instr.Args[0]));
                break;
            case Op.GlobalGet:
                Add(Opcode.GlobalGet, instr.Imm);
                break;
            case Op.GlobalSet:
                EmitOperand(instr.Args[0]);
                Add(Opcode.GlobalSet, instr.Imm);
                break;
            case Op.TrapIf:
                EmitOperand(instr.Args[0]);
                Add(Opcode.If, BlockType.Empty.Value);
                EmitTrap((TrapInfo)instr.Aux!);
                Add(Opcode.End);
                break;
            case Op.StackAlloc:
                EmitStackAlloc(instr);
                break;
            default:
                foreach (var arg in instr.Args)
                    EmitOperand(arg);
                _position = instr.Position;
                var code = instr.Op switch { Op.Call => Opcode.Call, Op.CallIndirect => Opcode.CallIndirect, _ => instr.Code };
                _out.Add(new Out { Code = code, Imm = instr.Op == Op.Call ? 0 : instr.Imm, Wide = instr.Wide, Aux = instr.Aux, Position = _position });
                break;
        }

        _position = outer;
    }

    private void EmitStackAlloc(Instr instr)
    {
        // A size beyond the stack would wrap around: it is refused before it is subtracted.
        EmitOperand(instr.Args[0]);
        Add(Opcode.I32Const, _module.StackSize);
        Add(Opcode.I32GtU);
        Add(Opcode.If, BlockType.Empty.Value);
        EmitTrap(new TrapInfo("System.InsufficientExecutionStackException", "The shadow stack is used up.", _function.Name));
        Add(Opcode.End);
        Add(Opcode.GlobalGet, ModuleBuilder.StackPointer);
        EmitOperand(instr.Args[0]);
        Add(Opcode.I32Const, 15);
        Add(Opcode.I32Add);
        Add(Opcode.I32Const, -16);
        Add(Opcode.I32And);
        Add(Opcode.I32Sub);
        Add(Opcode.GlobalSet, ModuleBuilder.StackPointer);
        Add(Opcode.GlobalGet, ModuleBuilder.StackPointer);
        EmitStackCheck();
        Add(Opcode.GlobalGet, ModuleBuilder.StackPointer);
    }
}
