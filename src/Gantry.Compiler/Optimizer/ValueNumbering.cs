using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>
/// Simplifies every operator, gives equal values one instruction (by dominance), removes checks and branches whose
/// outcome is known from a check or branch before.
/// </summary>
internal sealed class ValueNumbering
{
    private readonly Function _function;
    private readonly Dictionary<Key, List<Instr>> _table = [];
    private readonly Dictionary<Instr, List<(Block Block, bool Truth)>> _facts = [];
    private readonly Builder _builder;

    private ValueNumbering(Function function)
    {
        _function = function;
        _builder = new Builder(function);
    }

    public static void Run(Function function)
    {
        function.ComputeOrder();
        function.ComputeDominators();
        new ValueNumbering(function).Run();
    }

    private void Run()
    {
        SsaUtil.CountUses(_function);
        foreach (var block in _function.Blocks)
        {
            var old = block.Instrs;
            block.Instrs = new List<Instr>(old.Count);
            _builder.Current = block;
            if (block.Preds.Count == 1)
                LearnFromBranch(block.Preds[0], block);
            foreach (var instr in old)
            {
                instr.ResolveArgs();
                _builder.Position = instr.Position;
                if (!Visit(instr, block))
                    continue;
                instr.Block = block;
                block.Instrs.Add(instr);
                if (instr.IsTerminator)
                    break;
            }
        }

        SsaUtil.RemoveTrivialPhis(_function);
        _function.ComputeOrder();
    }

    private void LearnFromBranch(Block pred, Block block)
    {
        var terminator = pred.IsTerminated ? pred.Terminator : null;
        if (terminator is { Op: Op.BrIf } && terminator.Targets[0] != terminator.Targets[1])
            Learn(terminator.Args[0].Resolve(), terminator.Targets[0] == block, block);
    }

    private void Learn(Instr condition, bool truth, Block block)
    {
        if (!_facts.TryGetValue(condition, out var list))
            _facts[condition] = list = [];
        list.Add((block, truth));
    }

    private bool? Known(Instr condition, Block block)
    {
        if (condition.IsConst)
            return condition.Imm != 0;
        if (_facts.TryGetValue(condition, out var list))
        {
            foreach (var (at, truth) in list)
            {
                if (Function.Dominates(at, block))
                    return truth;
            }
        }

        return null;
    }

    /// <returns>Whether the instruction stays.</returns>
    private bool Visit(Instr instr, Block block)
    {
        switch (instr.Op)
        {
            case Op.Const or Op.SymAddr or Op.FuncAddr:
                return Unify(instr, block);
            case Op.Wasm:
                var result = OpcodeTable.Find(instr.Code)?.Immediate == Immediate.None ? Simplifier.Simplify(instr.Code, instr.Args, Make) : null;
                if (result != null)
                {
                    instr.Forward = Place(result, block);
                    return false;
                }

                return Unify(instr, block);
            case Op.IsInst:
                return Unify(instr, block);
            case Op.TrapIf:
                return VisitTrapIf(instr, block);
            case Op.BrIf:
                VisitBrIf(instr, block);
                return true;
            case Op.Switch:
                if (instr.Args[0].IsConst)
                {
                    var index = (uint)instr.Args[0].Imm;
                    ToBr(instr, instr.Targets[index < instr.Targets.Length - 1 ? index : instr.Targets.Length - 1]);
                }

                return true;
            case Op.CallIndirect when instr.Args[^1].Op == Op.FuncAddr && instr.Args[^1].Aux is TypeSystem.MethodDesc target && CallingConvention.TypeOf(target.Signature).Equals((FuncType)instr.Aux!):
                instr.Op = Op.Call;
                instr.Aux = target;
                instr.Args = instr.Args[..^1];
                return true;
            default:
                return true;
        }
    }

    /// <summary>A value made by a rewrite: it is already in the block, or a constant that needs a place.</summary>
    private Instr Place(Instr value, Block block)
    {
        if (value.Block != null || value.Op == Op.Param)
            return value.Resolve();
        if (!Unify(value, block))
            return value.Resolve();
        _function.Number(value);
        value.Position = _builder.Position;
        value.Block = block;
        block.Instrs.Add(value);
        return value;
    }

    private Instr Make(Opcode code, Instr[] args)
    {
        for (var i = 0; i < args.Length; i++)
            args[i] = Place(args[i], _builder.Current);
        var simple = Simplifier.Simplify(code, args, Make);
        if (simple != null)
            return Place(simple, _builder.Current);
        return Place(new Instr(Op.Wasm, Builder.ResultOf(code, args), args) { Code = code }, _builder.Current);
    }

    /// <returns>Whether this is the first of its kind here; else it forwards to the first.</returns>
    private bool Unify(Instr instr, Block block)
    {
        var key = new Key(instr);
        if (!_table.TryGetValue(key, out var list))
        {
            _table[key] = [instr];
            return true;
        }

        var anywhere = instr.Op is Op.Const or Op.SymAddr or Op.FuncAddr;
        foreach (var candidate in list)
        {
            if (candidate == instr)
                return true;
            if (anywhere || candidate.Block == block || Function.Dominates(candidate.Block!, block))
            {
                instr.Forward = candidate;
                return false;
            }
        }

        list.Add(instr);
        return true;
    }

    private bool VisitTrapIf(Instr instr, Block block)
    {
        var known = Known(instr.Args[0], block);
        if (known == false)
            return false;
        if (known == true)
        {
            instr.Op = Op.Trap;
            instr.Args = [];
            return true;
        }

        Learn(instr.Args[0], false, block);
        return true;
    }

    private void VisitBrIf(Instr instr, Block block)
    {
        while (true)
        {
            var condition = instr.Args[0];
            if (condition.Op == Op.Wasm && condition.Code == Opcode.I32Eqz)
            {
                instr.Args = [condition.Args[0].Resolve()];
                instr.Targets = [instr.Targets[1], instr.Targets[0]];
            }
            else if (condition.Op == Op.Wasm && condition.Code == Opcode.I32Ne && condition.Args[1].Resolve() is { IsConst: true, Imm: 0 })
            {
                instr.Args = [condition.Args[0].Resolve()];
            }
            else
            {
                break;
            }
        }

        if (Known(instr.Args[0], block) is { } known)
            ToBr(instr, instr.Targets[known ? 0 : 1]);
        else if (instr.Targets[0] == instr.Targets[1])
            ToBr(instr, instr.Targets[0]);
    }

    private static void ToBr(Instr instr, Block target)
    {
        instr.Op = Op.Br;
        instr.Args = [];
        instr.Targets = [target];
    }

    /// <summary>What makes two pure instructions the same.</summary>
    private readonly struct Key : IEquatable<Key>
    {
        private readonly Instr _instr;

        public Key(Instr instr) => _instr = instr;

        public bool Equals(Key other)
        {
            var a = _instr;
            var b = other._instr;
            if (a.Op != b.Op || a.Code != b.Code || a.Type != b.Type || a.Imm != b.Imm || a.Wide != b.Wide || !Equals(a.Aux, b.Aux) || a.Args.Length != b.Args.Length)
                return false;
            for (var i = 0; i < a.Args.Length; i++)
            {
                if (a.Args[i].Resolve() != b.Args[i].Resolve())
                    return false;
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = HashCode.Combine(_instr.Op, _instr.Code, _instr.Type, _instr.Imm, _instr.Wide, _instr.Aux);
            foreach (var arg in _instr.Args)
                hash = HashCode.Combine(hash, arg.Resolve().Id);
            return hash;
        }
    }
}
