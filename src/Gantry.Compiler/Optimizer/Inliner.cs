using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.Optimizer;

/// <summary>Replaces calls by the (already optimized) bodies of what they call.</summary>
internal sealed class Inliner
{
    private const int MaxIL = 160;
    private const int MaxILWithPointersIntoFrame = 700;
    private const int MaxCost = 24;
    private const int MaxCostWithPointersIntoFrame = 200;
    private const int MaxILOfLoop = 2000;
    private const int MaxCostOfLoop = 500;
    private const int MaxCaller = 30000;
    private const int MaxRecursiveCost = 40;
    private const int MaxRecursiveCalls = 2;

    private readonly CompilationUnit _unit;
    private readonly Function _caller;
    private HashSet<Instr> _bodiesOfLoops = [];

    private Inliner(CompilationUnit unit, Function caller)
    {
        _unit = unit;
        _caller = caller;
    }

    /// <returns>Whether anything was inlined.</returns>
    public static bool Run(CompilationUnit unit, Function caller) => new Inliner(unit, caller).Run();

    /// <summary>A small recursive method gets one copy of itself at each call of itself: half the calls, or fewer, are left.</summary>
    /// <returns>Whether anything was inlined.</returns>
    public static bool RunOnItself(CompilationUnit unit, Function function)
    {
        if (function.Method is not { NoInlining: false, TailCalls: false } method)
            return false;
        var all = function.Blocks.SelectMany(b => b.Instrs).ToList();
        var calls = all.FindAll(i => i.Op == Op.Call && i.Aux == method);
        if (calls.Count is 0 or > MaxRecursiveCalls || all.Sum(Cost) > MaxRecursiveCost || all.Exists(i => i.Op is Op.StackAlloc or Op.Alloca or Op.Poison))
            return false;
        var copy = Copy(unit, function, method);
        var inliner = new Inliner(unit, function);
        foreach (var call in calls)
            inliner.Inline(call.Block!, call.Block!.Instrs.IndexOf(call), call, copy);
        function.ComputeOrder();
        return true;
    }

    /// <summary>A function with the same body: one that calls the other, which is then inlined.</summary>
    private static Function Copy(CompilationUnit unit, Function function, MethodDesc method)
    {
        var copy = new Function(method, function.Type);
        copy.Params = [.. Import.Importer.MakeParams(copy)];
        var entry = copy.Entry = copy.NewBlock();
        var call = new Instr(Op.Call, function.Type.Results.Length == 0 ? Instr.NoValue : function.Type.Results[0], [.. copy.Params]) { Aux = method, Block = entry };
        entry.Instrs.Add(call);
        entry.Instrs.Add(new Instr(Op.Return, Instr.NoValue, call.HasValue ? [call] : []) { Block = entry });
        new Inliner(unit, copy).Inline(entry, 0, call, function);
        copy.ComputeOrder();
        return copy;
    }

    private bool Run()
    {
        var any = false;
        var size = _caller.InstrCount;
        _bodiesOfLoops = FindBodiesOfLoops();
        var blocks = new Queue<Block>(_caller.Blocks);
        while (blocks.Count > 0)
        {
            var block = blocks.Dequeue();
            for (var i = 0; i < block.Instrs.Count; i++)
            {
                var call = block.Instrs[i];
                if (call.Op != Op.Call || size > MaxCaller)
                    continue;
                var callee = Choose(call);
                if (callee == null)
                    continue;
                size += callee.InstrCount;
                any = true;
                blocks.Enqueue(Inline(block, i, call, callee));
                break;
            }
        }

        if (any)
            _caller.ComputeOrder();
        return any;
    }

    private Function? Choose(Instr call)
    {
        var method = (MethodDesc)call.Aux!;
        if (!method.HasBody || method.NoInlining || method == _caller.Method || method.HasAttribute("Gantry.WasmImportAttribute"))
            return null;
        // A variable whose address a callee takes stays in memory unless that callee is inlined. In a loop (an interpreter's step, say)
        // that is a load and a store of each of its fields in every round, so a large body is worth its copy.
        var intoFrame = HasFrameAddress(call);
        var (maxIL, maxCost) = !intoFrame ? (MaxIL, MaxCost)
            : _bodiesOfLoops.Contains(call) ? (MaxILOfLoop, MaxCostOfLoop) : (MaxILWithPointersIntoFrame, MaxCostWithPointersIntoFrame);
        if (!method.AggressiveInlining && method.Body.GetILReader().Length > maxIL)
            return null;
        var callee = _unit.TryGetFunction(method);
        if (callee == null || callee == _caller)
            return null;
        var cost = callee.InlineCost ??= CostOf(callee, method);
        if (cost < 0)
            return null;
        if (method.AggressiveInlining)
            return callee;
        var limit = maxCost;
        foreach (var arg in call.Args)
        {
            if (arg.Resolve().Op is Op.Const or Op.FuncAddr)
                limit += 6;
        }

        return cost <= limit ? callee : null;
    }

    /// <summary>The calls in loops of a method that the caller calls nowhere else, with an address in its frame.</summary>
    private HashSet<Instr> FindBodiesOfLoops()
    {
        var once = _caller.Blocks.SelectMany(b => b.Instrs).Where(i => i.Op == Op.Call).GroupBy(i => i.Aux).Where(g => g.Count() == 1)
            .Select(g => g.First()).Where(HasFrameAddress).ToHashSet();
        if (once.Count > 0)
        {
            var inLoops = _caller.Blocks.SelectMany(SsaUtil.LoopBody).SelectMany(b => b.Instrs).ToHashSet();
            once.IntersectWith(inLoops);
        }

        return once;
    }

    /// <summary>What it costs to have a copy of a body; -1 when that cannot be.</summary>
    private static int CostOf(Function callee, MethodDesc method)
    {
        var cost = 0;
        foreach (var block in callee.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                // Dynamic stack memory is only given back when its method returns.
                if (instr.Op == Op.StackAlloc || (instr.Op == Op.Call && instr.Aux == method))
                    return -1;
                cost += Cost(instr);
            }
        }

        return cost;
    }

    private static bool HasFrameAddress(Instr call) => call.Args.Any(a => IsFrameAddress(a.Resolve()));

    private static bool IsFrameAddress(Instr value) =>
        value.Op == Op.Alloca || (value.Op == Op.Wasm && value.Args.Length == 2 && value.Args[0].Resolve().Op == Op.Alloca);

    private static int Cost(Instr instr) => instr.Op switch
    {
        Op.Const or Op.Param or Op.SymAddr or Op.FuncAddr or Op.Alloca or Op.Return or Op.Br or Op.Phi => 0,
        Op.TrapIf or Op.Trap or Op.Poison => 1,
        Op.Call or Op.CallIndirect or Op.CallVirtual => 3,
        _ => 1,
    };

    /// <returns>The block that holds what followed the call.</returns>
    private Block Inline(Block block, int at, Instr call, Function callee)
    {
        var after = _caller.NewBlock();
        after.Instrs.AddRange(block.Instrs.GetRange(at + 1, block.Instrs.Count - at - 1));
        foreach (var instr in after.Instrs)
            instr.Block = after;
        block.Instrs.RemoveRange(at, block.Instrs.Count - at);
        foreach (var succ in after.Succs)
        {
            var edge = succ.Preds.IndexOf(block);
            if (edge >= 0)
                succ.Preds[edge] = after;
        }

        var blocks = new Dictionary<Block, Block>();
        foreach (var source in callee.Blocks)
            blocks[source] = _caller.NewBlock();
        var values = new Dictionary<Instr, Instr>();
        for (var i = 0; i < callee.Params.Length; i++)
            values[callee.Params[i]] = call.Args[i].Resolve();
        var results = new List<Instr>();
        var keepTail = call.Imm == 1;
        foreach (var source in callee.Blocks)
        {
            var target = blocks[source];
            foreach (var instr in source.Instrs)
            {
                var copy = new Instr(instr.Op, instr.Type)
                {
                    Code = instr.Code, Imm = instr.Imm, Wide = instr.Wide, Aux = instr.Aux, Position = instr.Position, Block = target,
                    Args = instr.Args, Targets = instr.Targets.Length == 0 ? instr.Targets : [.. instr.Targets.Select(t => blocks[t])],
                };
                _caller.Number(copy);
                if (copy.IsCall && !keepTail)
                    copy.Imm = 0;
                values[instr] = copy;
                target.Instrs.Add(copy);
            }

            target.Preds.AddRange(source.Preds.Select(p => blocks[p]));
        }

        foreach (var source in callee.Blocks)
        {
            var target = blocks[source];
            foreach (var instr in target.Instrs)
            {
                instr.Args = [.. instr.Args.Select(a => values.TryGetValue(a.Resolve(), out var mapped) ? mapped : Foreign(a.Resolve(), values))];
                if (instr.Op != Op.Return)
                    continue;
                if (instr.Args.Length > 0)
                    results.Add(instr.Args[0]);
                instr.Op = Op.Br;
                instr.Args = [];
                instr.Targets = [after];
                after.Preds.Add(target);
            }
        }

        block.Instrs.Add(new Instr(Op.Br, Instr.NoValue) { Targets = [blocks[callee.Entry]], Position = call.Position, Block = block });
        blocks[callee.Entry].Preds.Add(block);
        if (call.HasValue && results.Count > 0)
        {
            var phi = new Instr(Op.Phi, call.Type) { Args = [.. results], Block = after, Position = call.Position };
            _caller.Number(phi);
            after.Instrs.Insert(0, phi);
            call.Forward = phi;
        }
        else if (call.HasValue)
        {
            // The callee never returns: whoever uses the result is unreachable.
            call.Forward = Instr.ZeroOf(call.Type);
        }

        _caller.StaticConstructorsNeeded.UnionWith(callee.StaticConstructorsNeeded);
        _caller.Blocks.Add(after);
        _caller.Blocks.AddRange(blocks.Values);
        return after;
    }

    /// <summary>A constant that is in no block of the callee.</summary>
    private static Instr Foreign(Instr value, Dictionary<Instr, Instr> values)
    {
        var copy = new Instr(value.Op, value.Type) { Imm = value.Imm, Wide = value.Wide, Aux = value.Aux };
        if (value.Op is not (Op.Const or Op.SymAddr or Op.FuncAddr))
            throw new InvalidOperationException($"{value} is used but not defined");
        values[value] = copy;
        return copy;
    }
}
