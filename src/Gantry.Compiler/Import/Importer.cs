using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.IR;
using Gantry.Compiler.Optimizer;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <summary>Thrown while importing one block: the rest of it is replaced by a poison that becomes an error if it survives.</summary>
internal sealed class UnsupportedException(string message) : Exception(message);

/// <summary>Thrown for IL that breaks ECMA-335's rules, which no compiler emits.</summary>
internal sealed class InvalidILException(string message) : Exception(message);

/// <summary>
/// Turns one method's IL into SSA form. Variables, and stack entries that live across blocks, start as shadow-stack
/// variables (<see cref="Op.Alloca"/>); the optimizer promotes them.
/// </summary>
internal sealed partial class Importer
{
    private readonly CompilationUnit _unit;
    private readonly MethodDesc _method;
    private readonly ModuleDesc _module;
    private readonly GenericContext _generics;
    private readonly MethodBodyBlock _body;
    private readonly Dictionary<int, int> _indexOf = [];
    private readonly List<ILInstr> _code;
    private readonly HashSet<int> _leaders = [];
    private readonly Dictionary<(int Offset, Continuation? Context), ImportBlock> _blocks = [];
    private readonly Queue<ImportBlock> _queue = new();
    private readonly List<Val> _stack = [];
    private readonly TypeDesc[] _argTypes;
    private readonly TypeDesc[] _localTypes;
    private readonly Instr[] _args;
    private readonly Instr[] _locals;
    private Instr? _returnPointer;
    private ImportBlock _block = null!;
    private TypeDesc? _constrained;
    private bool _fieldFollows;
    private bool _ended;

    private Importer(CompilationUnit unit, MethodDesc method)
    {
        _unit = unit;
        _method = method;
        _module = method.Module;
        _generics = method.Generics;
        _body = method.Body;
        Function = new Function(method, CallingConvention.TypeOf(method.Signature));
        B = new Builder(Function);
        _code = ILDecoder.Decode(_body.GetILReader());
        for (var i = 0; i < _code.Count; i++)
            _indexOf[_code[i].Offset] = i;
        FindLeaders();
        var argTypes = new List<TypeDesc>();
        if (method.Signature.HasThis)
            argTypes.Add(method.Owner.IsValueType ? Types.ByRefTo(method.Owner) : method.Owner);
        argTypes.AddRange(method.Signature.Parameters);
        _argTypes = [.. argTypes];
        _args = new Instr[_argTypes.Length];
        _localTypes = _body.LocalSignature.IsNil ? [] : [.. _module.Reader.GetStandaloneSignature(_body.LocalSignature)
            .DecodeLocalSignature(Types.SignatureProvider(_module), _generics)];
        _locals = new Instr[_localTypes.Length];
    }

    public Function Function { get; }

    public Builder B { get; }

    public CompilationUnit Unit => _unit;

    public TypeSystemContext Types => _unit.Types;

    public MethodDesc Method => _method;

    public static Function Import(CompilationUnit unit, MethodDesc method)
    {
        try
        {
            return new Importer(unit, method).Run();
        }
        catch (Exception e) when (InternalError.IsOfInput(e) || InternalError.IsCaught)
        {
            return PoisonFunction(unit, method, e);
        }
    }

    /// <summary>A function that only says why it cannot be compiled.</summary>
    public static Function PoisonFunction(CompilationUnit unit, MethodDesc method, Exception why)
    {
        var function = new Function(method, CallingConvention.TypeOf(method.Signature));
        var builder = new Builder(function) { Current = function.Entry = function.NewBlock(), Position = new SourcePosition(method, 0) };
        function.Params = [.. MakeParams(function)];
        builder.Emit(new Instr(Op.Poison, Instr.NoValue) { Aux = unit.MakeDiagnostic(builder.Position, why) });
        function.ComputeOrder();
        return function;
    }

    /// <summary>The instructions that stand for a function's parameters.</summary>
    public static IEnumerable<Instr> MakeParams(Function function)
    {
        for (var i = 0; i < function.Type.Parameters.Length; i++)
        {
            var param = new Instr(Op.Param, function.Type.Parameters[i]) { Imm = i };
            function.Number(param);
            yield return param;
        }
    }

    private Function Run()
    {
        foreach (var region in _body.ExceptionRegions)
        {
            if (region.Kind is ExceptionRegionKind.Catch or ExceptionRegionKind.Filter && !_module.IsFramework)
                throw new UnsupportedException("catch is never reached: a throw ends the machine with a trap; test the condition before instead");
        }

        Function.Entry = Function.NewBlock();
        B.Current = Function.Entry;
        B.Position = new SourcePosition(_method, 0);
        ImportPrologue();
        B.Br(BlockAt(0, null).Block);
        while (_queue.Count > 0)
            ImportOne(_queue.Dequeue());
        Function.ComputeOrder();
        Reducibility.Ensure(Function);
        return Function;
    }

    private void ImportPrologue()
    {
        Function.Params = [.. MakeParams(Function)];
        var next = 0;
        if (CallingConvention.ReturnsThroughPointer(_method.Signature.Return))
            _returnPointer = Function.Params[next++];
        for (var i = 0; i < _args.Length; i++)
        {
            var type = _argTypes[i];
            if (!CallingConvention.IsFlatParameter(type))
            {
                _args[i] = Function.Params[next++];
                continue;
            }

            _args[i] = B.Alloca(type.Size, type.Alignment, "arg" + i);
            foreach (var leaf in CallingConvention.Leaves(type))
                B.Store(leaf.Repr, _args[i], Function.Params[next++], leaf.Offset);
        }

        for (var i = 0; i < _locals.Length; i++)
        {
            var type = _localTypes[i];
            _locals[i] = B.Alloca(type.Size, type.Alignment, "loc" + i);
            // SkipLocalsInit methods may still rely on nothing: zeroing is what every other method expects.
            if (_body.LocalVariablesInitialized || type.Repr != Repr.Struct)
                ZeroInit(_locals[i], type);
        }
    }

    private void FindLeaders()
    {
        _leaders.Add(0);
        foreach (var instr in _code)
        {
            if (instr.Switch != null)
            {
                foreach (var target in instr.Switch)
                    _leaders.Add(target);
                _leaders.Add(instr.Next);
            }
            else if (instr.Code.IsBranch())
            {
                _leaders.Add((int)instr.Operand);
                _leaders.Add(instr.Next);
            }
        }

        foreach (var region in _body.ExceptionRegions)
        {
            _leaders.Add(region.TryOffset);
            _leaders.Add(region.HandlerOffset);
        }
    }

    private void ImportOne(ImportBlock block)
    {
        _block = block;
        block.IsImported = true;
        _stack.Clear();
        _ended = false;
        _constrained = null;
        B.Current = block.Block;
        B.Position = new SourcePosition(_method, block.Offset);
        for (var i = 0; i < block.Slots.Length; i++)
        {
            var (type, slot) = block.Slots[i];
            _stack.Add(LoadValue(type, slot, 0));
        }

        var index = _indexOf[block.Offset];
        while (!_ended)
        {
            try
            {
                if (index >= _code.Count)
                    throw new InvalidILException("control runs off the end of the method");
                var instr = _code[index++];
                B.Position = new SourcePosition(_method, instr.Offset);
                ImportInstruction(instr);
                if (!_ended && _leaders.Contains(instr.Next))
                {
                    B.Br(Successor(instr.Next, _block.Context));
                    _ended = true;
                }
            }
            catch (Exception e) when (InternalError.IsOfInput(e) || InternalError.IsCaught)
            {
                B.Emit(new Instr(Op.Poison, Instr.NoValue) { Aux = _unit.MakeDiagnostic(B.Position, e) });
                _ended = true;
                return;
            }
        }
    }

    /// <summary>Ends the block with something that is no branch.</summary>
    public void End(Instr terminator)
    {
        B.Emit(terminator);
        _ended = true;
    }

    public bool HasEnded => _ended;

    private ImportBlock BlockAt(int offset, Continuation? context)
    {
        if (!_blocks.TryGetValue((offset, context), out var block))
        {
            if (!_indexOf.ContainsKey(offset))
                throw new InvalidILException("control leaves the method or goes into the middle of an instruction");
            _blocks[(offset, context)] = block = new ImportBlock(Function.NewBlock(), offset, context);
            _queue.Enqueue(block);
        }

        return block;
    }

    /// <summary>The block at an offset, with the evaluation stack handed over through its slots.</summary>
    private Block Successor(int offset, Continuation? context)
    {
        var isNew = !_blocks.ContainsKey((offset, context));
        var target = BlockAt(offset, context);
        if (isNew)
        {
            target.Slots = new (TypeDesc, Instr)[_stack.Count];
            for (var i = 0; i < _stack.Count; i++)
            {
                var type = SlotType(_stack[i].Type);
                var slot = new Instr(Op.Alloca, ValType.I32) { Imm = Math.Max(1, type.Size), Aux = new AllocaInfo(type.Alignment, "stack" + i) };
                Function.Number(slot);
                Function.Entry.Instrs.Insert(0, slot);
                target.Slots[i] = (type, slot);
            }
        }
        else if (target.Slots.Length != _stack.Count)
        {
            throw new InvalidILException("the evaluation stack has different depths where control flow joins");
        }

        for (var i = 0; i < _stack.Count; i++)
        {
            if (_stack[i].Known is TypeDesc or TypeOfObject)
                throw new UnsupportedException("typeof(...) can only be compared at once");
            Join(target, i, _stack[i].Type);
            StoreValue(target.Slots[i].Type, target.Slots[i].Slot, 0, _stack[i]);
        }

        return target.Block;
    }

    /// <summary>
    /// What a stack entry is after control flow joins: the type both sides have. Calls on it would otherwise go to the methods of the class
    /// that came first (ECMA-335 III.1.8.1.3, "merging stack states").
    /// </summary>
    private void Join(ImportBlock target, int index, TypeDesc type)
    {
        var (known, slot) = target.Slots[index];
        if (!known.IsReference || !type.IsReference || type.IsAssignableTo(known))
            return;
        if (target.IsImported)
            throw new UnsupportedException($"a {type} comes back on the evaluation stack where a {known} was before: keep it in a variable");
        target.Slots[index] = (known.IsAssignableTo(type) ? type : Types.Object, slot);
    }

    private TypeDesc SlotType(TypeDesc type) => type.Repr is Repr.I8 or Repr.U8 or Repr.I16 or Repr.U16 ? Types.Int32 : type;

    public EntityHandle Token(long operand)
    {
        var row = (int)operand & 0xFFFFFF;
        if (!MetadataTokens.TryGetTableIndex((HandleKind)((uint)operand >> 24), out var table) || row == 0 || row > _module.Reader.GetTableRowCount(table))
            throw new InvalidILException($"there is nothing with the token 0x{(uint)operand:x8}");
        return MetadataTokens.EntityHandle((int)operand);
    }

    public TypeDesc TypeToken(long operand) => Types.ResolveType(_module, Token(operand), _generics);

    /// <summary>What happens at the end of a finally handler: the next handler or the leave's target.</summary>
    private sealed record Continuation(int Offset, Continuation? Outer);

    private sealed class ImportBlock(Block block, int offset, Continuation? context)
    {
        public Block Block { get; } = block;

        public int Offset { get; } = offset;

        public Continuation? Context { get; } = context;

        public (TypeDesc Type, Instr Slot)[] Slots { get; set; } = [];

        /// <summary>Whether its code has been read, with the types its slots had then.</summary>
        public bool IsImported { get; set; }
    }
}
