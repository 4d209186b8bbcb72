using System.Reflection.Metadata;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>Branches, returns, throw and finally.</content>
internal sealed partial class Importer
{
    private void ImportControl(in ILInstr instr)
    {
        var context = _block.Context;
        switch (instr.Code)
        {
            case ILOpCode.Br or ILOpCode.Br_s:
                B.Br(Successor((int)instr.Operand, context));
                break;
            case ILOpCode.Leave or ILOpCode.Leave_s:
                _stack.Clear();
                Leave(instr.Offset, (int)instr.Operand);
                break;
            case ILOpCode.Endfinally:
                // Only a fault or filter that is never reached gets here without a continuation.
                if (context == null)
                    throw new InvalidILException("endfinally outside of a finally");

                _stack.Clear();
                B.Br(Successor(context.Offset, context.Outer));
                break;
            case ILOpCode.Switch:
                ImportSwitch(instr);
                break;
            case ILOpCode.Ret:
                ImportReturn();
                break;
            case ILOpCode.Throw:
                var thrown = Pop();
                if (thrown.Known is TrapInfo trap)
                    End(new Instr(Op.Trap, Instr.NoValue) { Aux = trap });
                else
                    End(new Instr(Op.Trap, Instr.NoValue, thrown.V) { Aux = TrapFor("System.Exception", "An exception object was thrown.") });
                break;
            case ILOpCode.Rethrow:
                End(new Instr(Op.Trap, Instr.NoValue) { Aux = TrapFor("System.Exception", "rethrow") });
                break;
            default:
                ImportConditional(instr);
                break;
        }

        _ended = true;
    }

    private void ImportConditional(in ILInstr instr)
    {
        Instr condition;
        switch (instr.Code)
        {
            case ILOpCode.Brtrue or ILOpCode.Brtrue_s:
                condition = Truth(Pop());
                break;
            case ILOpCode.Brfalse or ILOpCode.Brfalse_s:
                condition = Not(Truth(Pop()));
                break;
            default:
                var comparison = instr.Code switch
                {
                    ILOpCode.Beq or ILOpCode.Beq_s => ILOpCode.Ceq,
                    ILOpCode.Bne_un or ILOpCode.Bne_un_s => ILOpCode.Bne_un,
                    ILOpCode.Bge or ILOpCode.Bge_s => ILOpCode.Bge,
                    ILOpCode.Bge_un or ILOpCode.Bge_un_s => ILOpCode.Bge_un,
                    ILOpCode.Bgt or ILOpCode.Bgt_s => ILOpCode.Cgt,
                    ILOpCode.Bgt_un or ILOpCode.Bgt_un_s => ILOpCode.Cgt_un,
                    ILOpCode.Ble or ILOpCode.Ble_s => ILOpCode.Ble,
                    ILOpCode.Ble_un or ILOpCode.Ble_un_s => ILOpCode.Ble_un,
                    ILOpCode.Blt or ILOpCode.Blt_s => ILOpCode.Clt,
                    ILOpCode.Blt_un or ILOpCode.Blt_un_s => ILOpCode.Clt_un,
                    _ => throw new UnsupportedException($"IL branch {instr.Code}"),
                };
                var (left, right) = PopPair();
                condition = Compare(comparison, left, right);
                break;
        }

        // Only the side that can be reached is imported: what is constant here never becomes code.
        if (condition.IsConst)
        {
            B.Br(Successor(condition.Imm != 0 ? (int)instr.Operand : instr.Next, _block.Context));
            return;
        }

        var whenTrue = Successor((int)instr.Operand, _block.Context);
        B.BrIf(condition, whenTrue, Successor(instr.Next, _block.Context));
    }

    private Instr Truth(Val value)
    {
        if (value.NotNull || value.Known is TypeDesc or TrapInfo)
            return B.I32(1);
        if (value.Parts.Length != 1 || value.InMemory)
            throw new InvalidILException($"a {value.Type} is used as a condition");
        return value.V.Type switch
        {
            ValType.I32 => value.V.Op is Op.SymAddr or Op.Alloca or Op.FuncAddr ? B.I32(1) : value.V,
            ValType.I64 => B.Wasm(Opcode.I64Ne, value.V, B.I64(0)),
            ValType.F32 => B.Wasm(Opcode.F32Ne, value.V, B.Emit(Instr.F32(0))),
            ValType.F64 => B.Wasm(Opcode.F64Ne, value.V, B.Emit(Instr.F64(0))),
            _ => throw new InvalidILException("a vector is used as a condition"),
        };
    }

    private void ImportSwitch(in ILInstr instr)
    {
        var index = Coerce(PopScalar(), ValType.I32);
        if (index.IsConst)
        {
            var value = (uint)index.Imm;
            B.Br(Successor(value < (uint)instr.Switch!.Length ? instr.Switch[value] : instr.Next, _block.Context));
            return;
        }

        var targets = new List<Block>();
        foreach (var target in instr.Switch!)
            targets.Add(Successor(target, _block.Context));
        targets.Add(Successor(instr.Next, _block.Context));
        B.Emit(new Instr(Op.Switch, Instr.NoValue, index) { Targets = [.. targets] });
    }

    /// <summary>Runs the finally handlers between here and the target, innermost first, then goes there.</summary>
    private void Leave(int from, int target)
    {
        var handlers = new List<ExceptionRegion>();
        foreach (var region in _body.ExceptionRegions)
        {
            if (region.Kind != ExceptionRegionKind.Finally)
                continue;
            var inside = from >= region.TryOffset && from < region.TryOffset + region.TryLength;
            var stays = target >= region.TryOffset && target < region.TryOffset + region.TryLength;
            if (inside && !stays)
                handlers.Add(region);
        }

        // The table lists inner regions first (ECMA-335 II.25.4.6).
        var context = _block.Context;
        var next = target;
        for (var i = handlers.Count - 1; i >= 0; i--)
        {
            context = new Continuation(next, context);
            next = handlers[i].HandlerOffset;
        }

        B.Br(Successor(next, context));
    }

    private void ImportReturn()
    {
        var type = _method.Signature.Return;
        if (type.IsVoid)
        {
            End(new Instr(Op.Return, Instr.NoValue));
            return;
        }

        var value = Pop();
        if (_returnPointer != null)
        {
            StoreValue(type, _returnPointer, 0, value);
            End(new Instr(Op.Return, Instr.NoValue));
            return;
        }

        if (value.InMemory)
            throw new InvalidILException($"a {value.Type} is returned as {type}");
        var leaves = CallingConvention.Leaves(type);
        if (leaves.Length == 0)
            End(new Instr(Op.Return, Instr.NoValue));
        else
            End(new Instr(Op.Return, Instr.NoValue, Narrow(Coerce(value.V, Access.TypeOf(leaves[0].Repr)), leaves[0].Repr)));
    }
}
