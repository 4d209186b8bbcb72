using System.Reflection.Metadata;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>Calls of every kind.</content>
internal sealed partial class Importer
{
    private void ImportCall(in ILInstr instr)
    {
        var method = Types.ResolveMethod(_module, Token(instr.Operand), _generics);
        var constrained = _constrained;
        _constrained = null;
        var args = PopArguments(method.Signature);
        var isVirtual = instr.Code == ILOpCode.Callvirt && method.IsVirtual;
        if (constrained != null)
            (method, isVirtual) = Constrain(method, constrained, args);
        else if (method.IsStatic && method.IsAbstract)
            throw new UnsupportedException($"{method} has no implementation here");
        if (instr.Code == ILOpCode.Callvirt && !method.IsStatic && !method.Owner.IsValueType && args[0].Known is null)
            NullCheck(args[0]);
        if (isVirtual && args[0].Known is not TypeDesc)
        {
            var receiver = args[0].Type;
            var exact = args[0].IsExact || receiver.IsSealed || method.IsFinal || method.Owner.IsSealed;
            var implementation = exact && receiver.IsReference && receiver.IsAssignableTo(method.Owner) ? Types.FindImplementation(receiver, method) : null;
            if (implementation != null)
                method = implementation;
            else
            {
                EmitVirtual(method, args, IsTailPosition(instr));
                return;
            }
        }

        CallDirect(method, args, IsTailPosition(instr));
    }

    /// <summary>Calls a known method: as an intrinsic, as a trap, or as a call.</summary>
    public void CallDirect(MethodDesc method, Val[] args, bool mustTail)
    {
        CheckArguments(method, args);
        if (_unit.Intrinsics.TryExpand(this, method, args))
            return;
        var replacement = _unit.Intrinsics.Replacement(method);
        if (replacement != null)
        {
            EmitCall(replacement, args, mustTail);
            return;
        }

        if (method.Module.IsFramework && method.HasAttribute("System.Diagnostics.CodeAnalysis.DoesNotReturnAttribute"))
        {
            End(new Instr(Op.Trap, Instr.NoValue) { Aux = _unit.Intrinsics.ThrowHelperTrap(method, _method) });
            return;
        }

        var constant = _unit.TryConstantResult(method);
        if (constant != null)
        {
            PushCallResult(method.Signature.Return, B.Emit(new Instr(Op.Const, constant.Type) { Imm = constant.Imm }));
            return;
        }

        EmitCall(method, args, mustTail);
    }

    /// <summary>Arguments are of the parameters' types: what expands calls in place relies on it.</summary>
    private void CheckArguments(MethodDesc method, Val[] args)
    {
        var first = method.Signature.HasThis ? 1 : 0;
        if (first == 1 && (args[0].InMemory || args[0].V.Type != ValType.I32))
            throw new InvalidILException($"{method} is called on a {args[0].Type}");
        for (var i = 0; i < method.Signature.Parameters.Length; i++)
        {
            var type = method.Signature.Parameters[i];
            var value = args[first + i];
            if (type.Repr is Repr.F32 or Repr.F64 && value is { InMemory: false, Parts: [{ Type: ValType.F32 or ValType.F64 }] })
                value = args[first + i] = new Val(type, [Coerce(value.V, Access.TypeOf(type.Repr))]);
            if (value.InMemory ? type.Repr != Repr.Struct : CallingConvention.IsFlat(type) && !Fits(value, type))
                throw new InvalidILException($"a {value.Type} is passed as {type} to {method}");
        }

        static bool Fits(Val value, TypeDesc type)
        {
            var leaves = CallingConvention.Leaves(type);
            if (value.Parts.Length != leaves.Length)
                return false;
            for (var i = 0; i < leaves.Length; i++)
            {
                if (value.Parts[i].Type != Access.TypeOf(leaves[i].Repr))
                    return false;
            }

            return true;
        }
    }

    private Val[] PopArguments(MethodSig signature)
    {
        var args = new Val[signature.Parameters.Length + (signature.HasThis ? 1 : 0)];
        for (var i = args.Length - 1; i >= 0; i--)
            args[i] = Pop();
        return args;
    }

    /// <summary>The method a constrained call means, with its receiver adjusted (ECMA-335 III.2.1).</summary>
    private (MethodDesc Method, bool IsVirtual) Constrain(MethodDesc method, TypeDesc type, Val[] args)
    {
        if (method.IsStatic)
        {
            var body = Types.FindImplementation(type, method) ?? throw new UnsupportedException($"{type} does not implement {method}");
            return (body, false);
        }

        if (!type.IsValueType)
        {
            args[0] = LoadValue(type, args[0].V, 0);
            return (method, method.IsVirtual);
        }

        var implementation = Types.FindImplementation(type, method);
        if (implementation == null || !implementation.Owner.IsValueType)
        {
            if (implementation is { Name: "GetHashCode" or "Equals" or "ToString" or "GetType" } || implementation == null)
                throw new UnsupportedException($"{type} does not override {method.Name}: the call would box it");
            // A default interface method: its `this` is the struct itself.
            throw new UnsupportedException($"default interface method {method} on the struct {type}: implement it in the struct");
        }

        return (implementation, false);
    }

    private void ImportCalli(in ILInstr instr)
    {
        var handle = Token(instr.Operand);
        if (handle.Kind != HandleKind.StandaloneSignature)
            throw new InvalidILException("calli without a signature");
        var signature = _module.Reader.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(Types.SignatureProvider(_module), _generics);
        var sig = new MethodSig(signature.Header.IsInstance, signature.ReturnType, [.. signature.ParameterTypes], false);
        var target = Coerce(PopScalar(), ValType.I32);
        if (target.Op == Op.FuncAddr)
        {
            EmitCall((MethodDesc)target.Aux!, PopArguments(sig), IsTailPosition(instr));
            return;
        }

        var args = Flatten(sig, PopArguments(sig), out var result);
        args.Add(target);
        var type = CallingConvention.TypeOf(sig);
        FinishCall(new Instr(Op.CallIndirect, ResultType(type), [.. args]) { Aux = type }, sig, result, IsTailPosition(instr));
    }

    private void EmitVirtual(MethodDesc method, Val[] args, bool mustTail)
    {
        if (method.Arguments.Length > 0)
            throw new UnsupportedException($"generic virtual method {method}: make the type generic instead");
        var flat = Flatten(method.Signature, args, out var result);
        // The receiver must be found again: it is behind the hidden result pointer, if there is one.
        var type = CallingConvention.TypeOf(method.Signature);
        FinishCall(new Instr(Op.CallVirtual, ResultType(type), [.. flat]) { Aux = method }, method.Signature, result, mustTail);
    }

    private static ValType ResultType(FuncType type) => type.Results.Length == 0 ? Instr.NoValue : type.Results[0];

    /// <summary>Calls a method; its result, if any, is pushed.</summary>
    public void EmitCall(MethodDesc method, Val[] args, bool mustTail = false)
    {
        if (method.Owner.StaticConstructor is { } && !method.Owner.IsBeforeFieldInit && method.Name != ".cctor")
            Function.StaticConstructorsNeeded.Add(method.Owner);
        var flat = Flatten(method.Signature, args, out var result);
        var type = CallingConvention.TypeOf(method.Signature);
        FinishCall(new Instr(Op.Call, ResultType(type), [.. flat]) { Aux = method }, method.Signature, result, mustTail);
    }

    private void FinishCall(Instr call, MethodSig signature, Instr? result, bool mustTail)
    {
        B.Emit(call);
        if (mustTail)
        {
            if (result != null)
                throw new UnsupportedException($"a tail call cannot return the struct {signature.Return}: return a number or a pointer");
            call.Imm = 1;
        }

        if (signature.Return.IsVoid)
            return;
        if (result != null)
            Push(LoadValue(signature.Return, result, 0));
        else
            PushCallResult(signature.Return, call);
    }

    private void PushCallResult(TypeDesc type, Instr call)
    {
        if (type.IsVoid)
            return;
        Push(new Val(type, CallingConvention.Leaves(type).Length == 0 ? [] : [call]));
    }

    private List<Instr> Flatten(MethodSig signature, Val[] args, out Instr? result)
    {
        var flat = new List<Instr>();
        result = null;
        if (CallingConvention.ReturnsThroughPointer(signature.Return))
            flat.Add(result = B.Alloca(signature.Return.Size, signature.Return.Alignment, "result"));
        var first = 0;
        if (signature.HasThis)
        {
            if (args[0].Known is TypeDesc or TypeOfObject)
                throw new UnsupportedException("System.Type is only for comparisons with typeof(...)");
            if (args[0].Parts.Length != 1)
                throw new InvalidILException("a method is called on a value that is not addressable");
            flat.Add(Coerce(args[0].V, ValType.I32));
            first = 1;
        }

        for (var i = 0; i < signature.Parameters.Length; i++)
            FlattenOne(signature.Parameters[i], args[first + i], flat);
        return flat;
    }

    private void FlattenOne(TypeDesc type, Val value, List<Instr> flat)
    {
        if (value.Known is TypeDesc or TypeOfObject or FieldDesc)
            throw new UnsupportedException("System.Type and handles cannot be passed on");
        if (!CallingConvention.IsFlatParameter(type))
        {
            flat.Add(Spill(value));
            return;
        }

        var leaves = CallingConvention.Leaves(type);
        if (value.InMemory || leaves.Length != value.Parts.Length)
            throw new InvalidILException($"a {value.Type} is passed as {type}");
        for (var i = 0; i < leaves.Length; i++)
            flat.Add(Coerce(value.Parts[i], Access.TypeOf(leaves[i].Repr)));
    }

    /// <summary>In a method that demands tail calls: whether the result of this call is returned at once.</summary>
    private bool IsTailPosition(in ILInstr instr)
    {
        if (!_method.TailCalls)
            return false;
        var index = _indexOf.TryGetValue(instr.Next, out var i) ? i : -1;
        long stored = -1;
        // Unoptimized C# goes through a variable and a jump: call, stloc, br, ldloc, ret.
        for (var steps = 0; index >= 0 && index < _code.Count && steps < 8; steps++)
        {
            var next = _code[index];
            switch (next.Code)
            {
                case ILOpCode.Ret:
                    return true;
                case ILOpCode.Nop:
                    index++;
                    break;
                case ILOpCode.Br or ILOpCode.Br_s:
                    index = _indexOf.TryGetValue((int)next.Operand, out var target) ? target : -1;
                    break;
                default:
                    var variable = VariableOf(next);
                    if (variable < 0 || (stored >= 0 && stored != variable))
                        return false;
                    stored = variable;
                    index++;
                    break;
            }
        }

        return false;
    }

    private static long VariableOf(in ILInstr instr) => instr.Code switch
    {
        >= ILOpCode.Stloc_0 and <= ILOpCode.Stloc_3 => instr.Code - ILOpCode.Stloc_0,
        >= ILOpCode.Ldloc_0 and <= ILOpCode.Ldloc_3 => instr.Code - ILOpCode.Ldloc_0,
        ILOpCode.Stloc or ILOpCode.Stloc_s or ILOpCode.Ldloc or ILOpCode.Ldloc_s => instr.Operand,
        _ => -1,
    };

    private void ImportNewobj(in ILInstr instr)
    {
        var constructor = Types.ResolveMethod(_module, Token(instr.Operand), _generics);
        var type = constructor.Owner;
        var parameters = new Val[constructor.Signature.Parameters.Length];
        for (var i = parameters.Length - 1; i >= 0; i--)
            parameters[i] = Pop();
        if (type.IsException)
        {
            var message = parameters.Select(p => p.Known).OfType<string>().LastOrDefault() ?? "";
            Push(new Val(type, [B.I32(1)]) { Known = TrapFor(type.ToString(), message), NotNull = true });
            return;
        }

        if (type.IsDelegate)
            throw new UnsupportedException($"the delegate {type}: use a function pointer (delegate*<...>) or a generic struct");
        if (type.Is("System", "String"))
            throw new UnsupportedException("strings cannot be made at run time; only constants");
        if (type.IsValueType)
        {
            if (_unit.Intrinsics.TryExpandConstructor(this, constructor, parameters))
                return;
            var slot = B.Alloca(type.Size, type.Alignment, "new");
            ZeroInit(slot, type);
            CallDirect(constructor, [new Val(Types.ByRefTo(type), [slot]) { NotNull = true }, .. parameters], false);
            if (!_ended)
                Push(LoadValue(type, slot, 0));
            return;
        }

        var table = B.Symbol(_unit.MethodTable(type));
        EmitCall(_unit.RuntimeMethod("Heap", "NewObject"), [new Val(Types.IntPtr, [table]), new Val(Types.Int32, [B.I32(type.Layout.Size)])]);
        var made = new Val(type, Pop().Parts) { NotNull = true, IsExact = true };
        CallDirect(constructor, [made, .. parameters], false);
        Push(made);
    }
}
