using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>Objects, arrays, strings and tokens.</content>
internal sealed partial class Importer
{
    private bool ImportObject(in ILInstr instr)
    {
        var operand = instr.Operand;
        switch (instr.Code)
        {
            case ILOpCode.Call or ILOpCode.Callvirt:
                ImportCall(instr);
                break;
            case ILOpCode.Calli:
                ImportCalli(instr);
                break;
            case ILOpCode.Newobj:
                ImportNewobj(instr);
                break;
            case ILOpCode.Ldnull:
                Push(Types.Object, B.I32(0));
                break;
            case ILOpCode.Ldstr:
                Push(StringConstant(UserString((int)operand)));
                break;
            case ILOpCode.Ldtoken:
                ImportToken(operand);
                break;
            case ILOpCode.Ldftn:
                Push(Types.IntPtr, FunctionAddress(Types.ResolveMethod(_module, Token(operand), _generics)));
                break;
            case ILOpCode.Ldvirtftn:
                var virtualMethod = Types.ResolveMethod(_module, Token(operand), _generics);
                Push(Types.IntPtr, B.Emit(new Instr(Op.LoadVirtual, ValType.I32, PopAddress()) { Aux = virtualMethod }));
                break;
            case ILOpCode.Newarr:
                NewArray(TypeToken(operand));
                break;
            case ILOpCode.Ldlen:
                var lengthOf = Pop();
                NullCheck(lengthOf);
                Push(Types.IntPtr, B.Load(Repr.I32, lengthOf.V, LayoutBuilder.ArrayLength));
                break;
            case ILOpCode.Castclass:
                CastClass(TypeToken(operand));
                break;
            case ILOpCode.Isinst:
                IsInstance(TypeToken(operand));
                break;
            case ILOpCode.Box:
                ImportBox(instr, TypeToken(operand));
                break;
            case ILOpCode.Unbox_any:
                var unboxed = TypeToken(operand);
                if (unboxed.IsValueType && _stack.Count > 0 && _stack[^1].Known is BoxedValue boxed)
                {
                    Unbox(boxed.Value, unboxed);
                    break;
                }

                if (unboxed.IsValueType)
                    throw new UnsupportedException($"unboxing to {unboxed}: use a generic method instead of object");
                CastClass(unboxed);
                break;
            case ILOpCode.Ldelema: ElementAddress(TypeToken(operand), out var elementType, out var elementAddress); Push(Types.ByRefTo(elementType), elementAddress); break;
            case ILOpCode.Ldelem: LoadElement(TypeToken(operand)); break;
            case ILOpCode.Stelem: StoreElement(TypeToken(operand)); break;
            case ILOpCode.Ldelem_i1: LoadElement(Types.Primitive(PrimitiveTypeCode.SByte)); break;
            case ILOpCode.Ldelem_u1: LoadElement(Types.Primitive(PrimitiveTypeCode.Byte)); break;
            case ILOpCode.Ldelem_i2: LoadElement(Types.Primitive(PrimitiveTypeCode.Int16)); break;
            case ILOpCode.Ldelem_u2: LoadElement(Types.Primitive(PrimitiveTypeCode.UInt16)); break;
            case ILOpCode.Ldelem_i4 or ILOpCode.Ldelem_u4: LoadElement(Types.Int32); break;
            case ILOpCode.Ldelem_i8: LoadElement(Types.Int64); break;
            case ILOpCode.Ldelem_i: LoadElement(Types.IntPtr); break;
            case ILOpCode.Ldelem_r4: LoadElement(Types.Single); break;
            case ILOpCode.Ldelem_r8: LoadElement(Types.Double); break;
            case ILOpCode.Ldelem_ref: LoadElement(Types.Object); break;
            case ILOpCode.Stelem_i1: StoreElement(Types.Primitive(PrimitiveTypeCode.SByte)); break;
            case ILOpCode.Stelem_i2: StoreElement(Types.Primitive(PrimitiveTypeCode.Int16)); break;
            case ILOpCode.Stelem_i4: StoreElement(Types.Int32); break;
            case ILOpCode.Stelem_i8: StoreElement(Types.Int64); break;
            case ILOpCode.Stelem_i: StoreElement(Types.IntPtr); break;
            case ILOpCode.Stelem_r4: StoreElement(Types.Single); break;
            case ILOpCode.Stelem_r8: StoreElement(Types.Double); break;
            case ILOpCode.Stelem_ref: StoreElement(Types.Object); break;
            default:
                return false;
        }

        return true;
    }

    private string UserString(int token)
    {
        if ((uint)token >> 24 != 0x70 || (token & 0xFFFFFF) >= _module.Reader.GetHeapSize(HeapIndex.UserString))
            throw new InvalidILException($"there is no string with the token 0x{token:x8}");
        return _module.Reader.GetUserString(MetadataTokens.UserStringHandle(token & 0xFFFFFF));
    }

    public Val StringConstant(string text) => new(Types.String, [B.Symbol(_unit.String(text))]) { Known = text, NotNull = true };

    private Instr FunctionAddress(MethodDesc method) => method.HasAttribute("Gantry.WasmTemplateAttribute")
        ? B.Symbol(_unit.Template(method))
        : B.Emit(new Instr(Op.FuncAddr, ValType.I32) { Aux = _unit.Intrinsics.Replacement(method) ?? method });

    private void ImportToken(long operand)
    {
        var handle = Token(operand);
        object known = handle.Kind switch
        {
            HandleKind.TypeDefinition or HandleKind.TypeReference or HandleKind.TypeSpecification => TypeToken(operand),
            HandleKind.FieldDefinition => Types.ResolveField(_module, handle, _generics),
            HandleKind.MemberReference when _module.Reader.GetMemberReference((MemberReferenceHandle)handle).GetKind() == MemberReferenceKind.Field => Types.ResolveField(_module, handle, _generics),
            _ => throw new UnsupportedException("ldtoken of a method"),
        };
        Push(new Val(Types.Object, [B.I32(0)]) { Known = known });
    }

    private void NewArray(TypeDesc element)
    {
        var length = Coerce(PopScalar(), ValType.I32);
        var table = B.Symbol(_unit.MethodTable(Types.ArrayOf(element)));
        EmitCall(_unit.RuntimeMethod("Heap", "NewArray"), [
            new Val(Types.IntPtr, [table]), new Val(Types.Int32, [length]),
            new Val(Types.Int32, [B.I32(element.Size)]), new Val(Types.Int32, [B.I32(LayoutBuilder.ArrayData(element))])]);
        var made = Pop();
        Push(new Val(Types.ArrayOf(element), made.Parts) { NotNull = true, IsExact = true });
    }

    private void ElementAddress(TypeDesc declared, out TypeDesc element, out Instr address)
    {
        var index = Coerce(PopScalar(), ValType.I32);
        var array = Pop();
        // A reference array's own type may be a derived one: the layout is the same.
        element = array.Type.Kind == TypeKind.Array && array.Type.Element!.Size == declared.Size && declared.Repr == array.Type.Element.Repr ? array.Type.Element : declared;
        NullCheck(array);
        var length = B.Load(Repr.I32, array.V, LayoutBuilder.ArrayLength);
        B.TrapIf(B.Wasm(Opcode.I32GeU, index, length), TrapFor("System.IndexOutOfRangeException", "Index was outside the bounds of the array."));
        var scaled = Scale(index, element.Size);
        address = B.Add(B.Wasm(Opcode.I32Add, array.V, scaled), LayoutBuilder.ArrayData(element));
    }

    /// <summary>An index times an element size.</summary>
    public Instr Scale(Instr index, int size)
    {
        if (size == 1)
            return index;
        return System.Numerics.BitOperations.IsPow2(size)
            ? B.Wasm(Opcode.I32Shl, index, B.I32(System.Numerics.BitOperations.Log2((uint)size)))
            : B.Wasm(Opcode.I32Mul, index, B.I32(size));
    }

    private void LoadElement(TypeDesc declared)
    {
        ElementAddress(declared, out var element, out var address);
        Push(LoadIndirect(element, address));
    }

    private void StoreElement(TypeDesc declared)
    {
        var value = Pop();
        ElementAddress(declared, out var element, out var address);
        StoreValue(element, address, 0, value);
    }

    private Val PopObject()
    {
        var value = Pop();
        return value.InMemory || value.Parts.Length != 1 || value.V.Type != ValType.I32 ? throw new InvalidILException($"a {value.Type} where an object is expected") : value;
    }

    private void CastClass(TypeDesc target)
    {
        var value = PopObject();
        if (value.Type.IsReference && value.Type.IsAssignableTo(target))
        {
            Push(value);
            return;
        }

        if (!target.IsReference || target.Kind == TypeKind.Array)
            throw new UnsupportedException($"a cast to {target}");
        var isInstance = B.Emit(new Instr(Op.IsInst, ValType.I32, value.V) { Aux = target });
        B.TrapIf(B.Wasm(Opcode.I32And, B.Wasm(Opcode.I32Ne, value.V, B.I32(0)), B.Wasm(Opcode.I32Eqz, isInstance)), TrapFor("System.InvalidCastException", $"Unable to cast object to type '{target}'."));
        Push(new Val(target, value.Parts) { NotNull = value.NotNull });
    }

    private void IsInstance(TypeDesc target)
    {
        var value = PopObject();
        if (value.Type.IsValueType)
            throw new UnsupportedException($"a type test of the value type {value.Type}: use typeof(T) == typeof(...)");
        if (value.IsExact)
        {
            Push(value.Type.IsAssignableTo(target) ? value : new Val(target, [B.I32(0)]));
            return;
        }

        if (!target.IsReference)
            throw new UnsupportedException($"a test for the boxed value type {target}");
        if (value.Type.IsReference && value.Type.IsAssignableTo(target) && value.Type != Types.Object)
        {
            Push(value);
            return;
        }

        var isInstance = B.Emit(new Instr(Op.IsInst, ValType.I32, value.V) { Aux = target });
        Push(target, B.Wasm(Opcode.Select, value.V, B.I32(0), isInstance));
    }

    /// <summary>A value between a box and an unbox.any, as in <c>(T)(object)x</c> where T is known to be x's type.</summary>
    private sealed record BoxedValue(Val Value);

    private void Unbox(Val value, TypeDesc to)
    {
        Pop();
        if (value.Type.Underlying == to.Underlying || (value.Type.Repr == to.Repr && value.Type.Repr != Repr.Struct))
        {
            Push(new Val(to, value.Parts, value.InMemory));
            return;
        }

        End(new Instr(Op.Trap, Instr.NoValue) { Aux = TrapFor("System.InvalidCastException", $"Unable to cast object of type '{value.Type}' to type '{to}'.") });
    }

    /// <summary>Boxing is refused, except where it only asks whether a generic value is null or of some type.</summary>
    private void ImportBox(in ILInstr instr, TypeDesc type)
    {
        if (!type.IsValueType)
            return;
        var next = _indexOf.TryGetValue(instr.Next, out var i) ? _code[i] : default;
        if (next.Code is ILOpCode.Brtrue or ILOpCode.Brtrue_s or ILOpCode.Brfalse or ILOpCode.Brfalse_s or ILOpCode.Ldnull && !type.Is("System", "Nullable`1"))
        {
            Pop();
            Push(new Val(Types.Object, [B.I32(1)]) { NotNull = true });
            return;
        }

        if (next.Code == ILOpCode.Unbox_any)
        {
            var value = Pop();
            // The stack's type may be wider than what is boxed (an int for a byte).
            Push(new Val(Types.Object, value.Parts, value.InMemory) { Known = new BoxedValue(new Val(type, value.Parts, value.InMemory)), NotNull = true });
            return;
        }

        if (next.Code == ILOpCode.Isinst)
        {
            var target = TypeToken(next.Operand);
            var after = i + 1 < _code.Count ? _code[i + 1].Code : ILOpCode.Nop;
            if (after is ILOpCode.Brtrue or ILOpCode.Brtrue_s or ILOpCode.Brfalse or ILOpCode.Brfalse_s or ILOpCode.Ldnull)
            {
                Pop();
                var matches = type == target || type.IsAssignableTo(target);
                Push(matches ? new Val(type, [B.I32(1)]) { NotNull = true, IsExact = true } : new Val(Types.Object, [B.I32(0)]) { IsExact = true });
                return;
            }
        }

        throw new UnsupportedException($"boxing of {type}: there is no garbage collector; use a generic method with a constraint instead of object or an interface");
    }
}
