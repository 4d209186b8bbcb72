using System.Reflection.Metadata;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>Variables, fields, pointers and blocks of memory.</content>
internal sealed partial class Importer
{
    private bool ImportMemory(in ILInstr instr)
    {
        var operand = instr.Operand;
        switch (instr.Code)
        {
            case >= ILOpCode.Ldarg_0 and <= ILOpCode.Ldarg_3: LoadArg(instr.Code - ILOpCode.Ldarg_0); break;
            case ILOpCode.Ldarg or ILOpCode.Ldarg_s: LoadArg((int)operand); break;
            case ILOpCode.Ldarga or ILOpCode.Ldarga_s: Push(Types.ByRefTo(_argTypes[Argument(operand)]), _args[operand]); break;
            case ILOpCode.Starg or ILOpCode.Starg_s: StoreValue(_argTypes[Argument(operand)], _args[operand], 0, Pop()); break;
            case >= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3: LoadLocal(instr.Code - ILOpCode.Ldloc_0); break;
            case ILOpCode.Ldloc or ILOpCode.Ldloc_s: LoadLocal((int)operand); break;
            case ILOpCode.Ldloca or ILOpCode.Ldloca_s: Push(Types.ByRefTo(_localTypes[Local(operand)]), _locals[operand]); break;
            case >= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3: StoreLocal(instr.Code - ILOpCode.Stloc_0); break;
            case ILOpCode.Stloc or ILOpCode.Stloc_s: StoreLocal((int)operand); break;
            case ILOpCode.Ldind_i1: LoadPointer(PrimitiveTypeCode.SByte); break;
            case ILOpCode.Ldind_u1: LoadPointer(PrimitiveTypeCode.Byte); break;
            case ILOpCode.Ldind_i2: LoadPointer(PrimitiveTypeCode.Int16); break;
            case ILOpCode.Ldind_u2: LoadPointer(PrimitiveTypeCode.UInt16); break;
            case ILOpCode.Ldind_i4 or ILOpCode.Ldind_u4: LoadPointer(PrimitiveTypeCode.Int32); break;
            case ILOpCode.Ldind_i8: LoadPointer(PrimitiveTypeCode.Int64); break;
            case ILOpCode.Ldind_i: LoadPointer(PrimitiveTypeCode.IntPtr); break;
            case ILOpCode.Ldind_r4: LoadPointer(PrimitiveTypeCode.Single); break;
            case ILOpCode.Ldind_r8: LoadPointer(PrimitiveTypeCode.Double); break;
            case ILOpCode.Ldind_ref: LoadPointer(PrimitiveTypeCode.Object); break;
            case ILOpCode.Stind_i1: StorePointer(PrimitiveTypeCode.SByte); break;
            case ILOpCode.Stind_i2: StorePointer(PrimitiveTypeCode.Int16); break;
            case ILOpCode.Stind_i4: StorePointer(PrimitiveTypeCode.Int32); break;
            case ILOpCode.Stind_i8: StorePointer(PrimitiveTypeCode.Int64); break;
            case ILOpCode.Stind_i: StorePointer(PrimitiveTypeCode.IntPtr); break;
            case ILOpCode.Stind_r4: StorePointer(PrimitiveTypeCode.Single); break;
            case ILOpCode.Stind_r8: StorePointer(PrimitiveTypeCode.Double); break;
            case ILOpCode.Stind_ref: StorePointer(PrimitiveTypeCode.Object); break;
            case ILOpCode.Ldobj:
                Push(LoadIndirect(TypeToken(operand), PopAddress()));
                break;
            case ILOpCode.Stobj:
                var stored = Pop();
                StoreValue(TypeToken(operand), PopAddress(), 0, stored);
                break;
            case ILOpCode.Cpobj:
                var from = PopAddress();
                var copied = LoadValue(TypeToken(operand), from, 0);
                StoreValue(copied.Type, PopAddress(), 0, copied);
                break;
            case ILOpCode.Initobj:
                ZeroInit(PopAddress(), TypeToken(operand));
                break;
            case ILOpCode.Cpblk:
                var (copyLength, source) = (PopScalar(), PopAddress());
                B.Effect(Opcode.MemoryCopy, PopAddress(), source, Coerce(copyLength, ValType.I32));
                break;
            case ILOpCode.Initblk:
                var (fillLength, fill) = (PopScalar(), Coerce(PopScalar(), ValType.I32));
                B.Effect(Opcode.MemoryFill, PopAddress(), fill, Coerce(fillLength, ValType.I32));
                break;
            case ILOpCode.Localloc:
                var size = Coerce(PopScalar(), ValType.I32);
                Push(Types.IntPtr, StackAllocate(size));
                break;
            case ILOpCode.Sizeof:
                PushI32(B.I32(TypeToken(operand).Size));
                break;
            default:
                return ImportField(instr);
        }

        return true;
    }

    private Instr StackAllocate(Instr size)
    {
        Instr block;
        // A constant block outside of any loop is a plain variable; inside one it must be new every time.
        if (size.IsConst && size.Imm is >= 0 and <= 4096 && !_unit.IsInLoop(this, _block.Offset))
        {
            block = B.Alloca((int)Math.Max(1, size.Imm), 16, "stackalloc");
            if (_body.LocalVariablesInitialized && size.Imm > 0)
                B.Emit(new Instr(Op.Zero, Instr.NoValue, block) { Imm = size.Imm });
            return block;
        }

        block = B.Emit(new Instr(Op.StackAlloc, ValType.I32, size));
        if (_body.LocalVariablesInitialized)
            B.Effect(Opcode.MemoryFill, block, B.I32(0), size);
        return block;
    }

    /// <summary>Whether control can come back to an IL offset: some branch at or after it goes to it or before it.</summary>
    public bool HasBackwardBranchOver(int offset)
    {
        foreach (var instr in _code)
        {
            if (instr.Offset < offset)
                continue;
            if (instr.Switch != null)
            {
                if (Array.Exists(instr.Switch, t => t <= offset))
                    return true;
            }
            else if (instr.Code.IsBranch() && instr.Operand <= offset)
            {
                return true;
            }
        }

        return false;
    }

    private Instr PopAddress()
    {
        var value = PopScalar();
        return Coerce(value, ValType.I32);
    }

    private long Argument(long index) => index < _argTypes.Length ? index : throw new InvalidILException($"there is no argument {index}");

    private long Local(long index) => index < _localTypes.Length ? index : throw new InvalidILException($"there is no local variable {index}");

    private void LoadArg(int index)
    {
        var value = LoadIndirect(_argTypes[Argument(index)], _args[index]);
        Push(index == 0 && _method.Signature.HasThis ? new Val(value.Type, value.Parts, value.InMemory) { NotNull = true } : value);
    }

    private void LoadLocal(int index) => Push(LoadIndirect(_localTypes[Local(index)], _locals[index]));

    private void StoreLocal(int index)
    {
        var value = Pop();
        if (value.Known is TypeDesc or TypeOfObject)
            throw new UnsupportedException("a System.Type cannot be kept in a variable: compare typeof(...) at once");
        StoreValue(_localTypes[Local(index)], _locals[index], 0, value);
    }

    private void LoadPointer(PrimitiveTypeCode code) => Push(LoadIndirect(Types.Primitive(code), PopAddress()));

    private void StorePointer(PrimitiveTypeCode code)
    {
        var value = Pop();
        StoreValue(Types.Primitive(code), PopAddress(), 0, value);
    }

    private bool ImportField(in ILInstr instr)
    {
        switch (instr.Code)
        {
            case ILOpCode.Ldfld:
                var field = FieldToken(instr.Operand);
                if (field.IsStatic)
                {
                    Pop();
                    Push(LoadStatic(field));
                }
                else
                {
                    LoadField(field);
                }

                break;
            case ILOpCode.Ldflda:
                var addressed = FieldToken(instr.Operand);
                var owner = FieldAddress(Pop(), addressed, out var offset);
                Push(Types.ByRefTo(addressed.Type), B.Add(owner, offset));
                break;
            case ILOpCode.Stfld:
                var target = FieldToken(instr.Operand);
                var value = Pop();
                var stored = FieldAddress(Pop(), target, out var storedAt);
                StoreValue(target.Type, stored, storedAt, value);
                break;
            case ILOpCode.Ldsfld:
                Push(LoadStatic(FieldToken(instr.Operand)));
                break;
            case ILOpCode.Ldsflda:
                var statics = FieldToken(instr.Operand);
                Push(Types.ByRefTo(statics.Type), StaticAddress(statics));
                break;
            case ILOpCode.Stsfld:
                var assigned = Pop();
                var destination = FieldToken(instr.Operand);
                StoreValue(destination.Type, StaticAddress(destination), 0, assigned);
                break;
            default:
                return false;
        }

        return true;
    }

    private FieldDesc FieldToken(long operand) => Types.ResolveField(_module, Token(operand), _generics);

    private Instr StaticAddress(FieldDesc field) =>
        field.IsStatic && !field.IsLiteral ? B.Symbol(_unit.StaticField(field)) : throw new InvalidILException($"{field} is not a static field");

    /// <summary>Where a field is: a static one too may be named with an object, which does not matter then (ECMA-335 III.4.10).</summary>
    private Instr FieldAddress(Val owner, FieldDesc field, out int offset)
    {
        offset = field.IsStatic ? 0 : field.Offset;
        return field.IsStatic ? StaticAddress(field) : ObjectAddress(owner, field);
    }

    private Val LoadStatic(FieldDesc field)
    {
        var constant = _unit.Intrinsics.ConstantField(field);
        if (constant is { } known)
            return new Val(field.Type, [field.Type.Repr == Repr.I64 ? B.I64(known) : B.I32((int)known)]);
        if (field.Owner.Is("System", "String") && field.Name == "Empty")
            return StringConstant("");
        return LoadIndirect(field.Type, StaticAddress(field));
    }

    /// <summary>The address that a field's offset counts from; objects are checked for null.</summary>
    private Instr ObjectAddress(Val value, FieldDesc field)
    {
        if (value.InMemory)
            return value.V;
        if (value.Type.IsValueType && value.Type.Repr is Repr.Struct or Repr.V128)
            return Spill(value);
        if (value.Parts.Length != 1)
            throw new InvalidILException($"field {field} of a {value.Type}");
        if (!field.Owner.IsValueType)
            NullCheck(value);
        return Coerce(value.V, ValType.I32);
    }

    public void NullCheck(Val value)
    {
        if (value.V.Type != ValType.I32)
            throw new InvalidILException($"a {value.Type} where an object is expected");
        if (!value.NotNull && !value.IsExact && value.V.Op is not (Op.SymAddr or Op.Alloca))
            B.TrapIf(B.Wasm(Opcode.I32Eqz, value.V), TrapFor("System.NullReferenceException", "Object reference not set to an instance of an object."));
    }

    private void LoadField(FieldDesc field)
    {
        var owner = Pop();
        // A field of a struct that is held as scalars is some of them.
        if (!owner.InMemory && owner.Type == field.Owner && owner.Type.Repr == Repr.Struct)
        {
            var all = CallingConvention.Leaves(owner.Type);
            var first = field.Offset;
            var wanted = CallingConvention.Leaves(field.Type);
            var parts = new Instr[wanted.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                var at = Array.FindIndex(all, l => l.Offset == first + wanted[i].Offset);
                if (at < 0)
                    throw new InvalidILException($"field {field} of a {owner.Type}");
                parts[i] = Narrow(owner.Parts[at], wanted[i].Repr);
            }

            Push(new Val(field.Type, parts));
            return;
        }

        Push(LoadIndirect(field.Type, ObjectAddress(owner, field), field.Offset));
    }
}
