using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>The evaluation stack, and moving values of any type between it and memory.</content>
internal sealed partial class Importer
{
    public void Push(Val value) => _stack.Add(value);

    public void Push(TypeDesc type, Instr value) => _stack.Add(new Val(type, [value]));

    public void PushI32(Instr value) => Push(Types.Int32, value);

    public Val Pop()
    {
        if (_stack.Count == 0)
            throw new InvalidILException("the evaluation stack is empty");
        var value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    /// <summary>Pops a value that must be one scalar.</summary>
    public Instr PopScalar()
    {
        var value = Pop();
        if (value.Parts.Length != 1 || value.InMemory)
            throw new InvalidILException($"a {value.Type} where a number or a pointer is expected");
        return value.V;
    }

    public TrapInfo TrapFor(string type, string message) => new(type, message, _method.ToString());

    /// <summary>Reads a variable of a type.</summary>
    public Val LoadValue(TypeDesc type, Instr address, int offset)
    {
        if (CallingConvention.IsFlat(type))
        {
            var leaves = CallingConvention.Leaves(type);
            var parts = new Instr[leaves.Length];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = B.Load(leaves[i].Repr, address, offset + leaves[i].Offset);
            return new Val(type, parts);
        }

        var copy = B.Alloca(type.Size, type.Alignment);
        CopyStruct(type, copy, B.Add(address, offset));
        return new Val(type, [copy], inMemory: true);
    }

    /// <summary>Writes a variable of a type.</summary>
    public void StoreValue(TypeDesc type, Instr address, int offset, Val value)
    {
        if (value.InMemory)
        {
            if (type.Repr != Repr.Struct || value.Type.Size != type.Size)
                throw new InvalidILException($"a {value.Type} is stored as {type}");
            CopyStruct(type, B.Add(address, offset), value.V);
            return;
        }

        if (!CallingConvention.IsFlat(type))
            throw new InvalidILException($"a {value.Type} is stored as {type}");
        var leaves = CallingConvention.Leaves(type);
        if (leaves.Length != value.Parts.Length)
            throw new InvalidILException($"a {value.Type} is stored as {type}");
        for (var i = 0; i < leaves.Length; i++)
            B.Store(leaves[i].Repr, address, Coerce(value.Parts[i], Access.TypeOf(leaves[i].Repr)), offset + leaves[i].Offset);
    }

    private void CopyStruct(TypeDesc type, Instr to, Instr from) =>
        B.Emit(new Instr(Op.Copy, Instr.NoValue, to, from) { Imm = type.Size, Aux = type });

    public void ZeroInit(Instr address, TypeDesc type)
    {
        if (CallingConvention.IsFlat(type))
        {
            foreach (var leaf in CallingConvention.Leaves(type))
                B.Store(leaf.Repr, address, B.Emit(Instr.ZeroOf(Access.TypeOf(leaf.Repr))), leaf.Offset);
        }
        else
        {
            B.Emit(new Instr(Op.Zero, Instr.NoValue, address) { Imm = type.Size, Aux = type });
        }
    }

    /// <summary>IL lets floats of both widths, and native and 32-bit integers, stand for each other.</summary>
    public Instr Coerce(Instr value, ValType type)
    {
        if (value.Type == type)
            return value;
        return (value.Type, type) switch
        {
            (ValType.F32, ValType.F64) => B.Wasm(Opcode.F64PromoteF32, value),
            (ValType.F64, ValType.F32) => B.Wasm(Opcode.F32DemoteF64, value),
            (ValType.I32, ValType.I64) => B.Wasm(Opcode.I64ExtendI32S, value),
            (ValType.I64, ValType.I32) => B.Wasm(Opcode.I32WrapI64, value),
            _ => throw new InvalidILException($"a value of {value.Type} is used as {type}"),
        };
    }

    /// <summary>Narrows an i32 to what a small integer type holds.</summary>
    public Instr Narrow(Instr value, Repr repr) => repr switch
    {
        Repr.I8 => B.Wasm(Opcode.I32Extend8S, value),
        Repr.U8 => B.Wasm(Opcode.I32And, value, B.I32(0xFF)),
        Repr.I16 => B.Wasm(Opcode.I32Extend16S, value),
        Repr.U16 => B.Wasm(Opcode.I32And, value, B.I32(0xFFFF)),
        _ => value,
    };

    /// <summary>The address of a copy of a value, for callees that take one.</summary>
    public Instr Spill(Val value)
    {
        if (value.InMemory)
            return value.V;
        var type = value.Type;
        var slot = B.Alloca(type.Size, type.Alignment);
        StoreValue(type, slot, 0, value);
        return slot;
    }

    /// <summary>
    /// Reads a variable onto the evaluation stack's top. If the next instruction takes a field of it, a large struct is not copied first:
    /// nothing can write to the variable in between.
    /// </summary>
    public Val LoadIndirect(TypeDesc type, Instr address, int offset = 0) =>
        _fieldFollows && !CallingConvention.IsFlat(type) ? new Val(type, [B.Add(address, offset)], inMemory: true) : LoadValue(type, address, offset);
}
