using System.Numerics;
using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>
/// Gives locals to the values that need one. Values whose lifetimes do not overlap share; a phi and what flows into it
/// share first of all, so that loops update their variables in place. Positions count twice the instructions, block after block.
/// </summary>
internal sealed class LocalAllocator(Function function)
{
    private readonly List<Instr> _values = [];
    private LiveRanges[] _ranges = [];
    private int[] _group = [];

    /// <summary>Types of the locals after the parameters. Each value's own is in <see cref="Instr.Local"/>.</summary>
    public List<ValType> Locals { get; } = [];

    public void Run()
    {
        CollectValues();
        ComputeRanges(Liveness());
        CoalescePhis();
        Color();
    }

    /// <summary>Numbers the values that need a local; until the end, <see cref="Instr.Local"/> is that number.</summary>
    private void CollectValues()
    {
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.Local = -1;
        }

        foreach (var param in function.Params)
            Number(param);
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.HasValue && instr.Uses > 0 && !instr.Inlined && !Stackifier.IsRematerialized(instr) && instr.Op != Op.Param)
                    Number(instr);
            }
        }

        _ranges = new LiveRanges[_values.Count];
        _group = new int[_values.Count];
        for (var v = 0; v < _values.Count; v++)
        {
            _ranges[v] = new LiveRanges();
            _group[v] = v;
        }
    }

    private void Number(Instr value)
    {
        value.Local = _values.Count;
        _values.Add(value);
    }

    private static int ValueOf(Instr operand) => Stackifier.IsRematerialized(operand) ? -1 : operand.Local;

    private void ComputeRanges(ulong[][] liveOut)
    {
        var ends = new int[_values.Count];
        var touched = new List<int>();
        var start = 2;
        foreach (var block in function.Blocks)
        {
            var terminatorAt = start + 2 * block.Instrs.Count;
            var bits = liveOut[block.Index];
            for (var word = 0; word < bits.Length; word++)
            {
                for (var rest = bits[word]; rest != 0; rest &= rest - 1)
                    Use(64 * word + BitOperations.TrailingZeroCount(rest), terminatorAt + 2);
            }

            // What the edges carry into phis is read at the terminator.
            foreach (var succ in block.Succs)
            {
                var edge = succ.Preds.IndexOf(block);
                foreach (var phi in succ.Phis)
                    Use(ValueOf(phi.Args[edge]), terminatorAt);
            }

            foreach (var instr in block.Instrs)
            {
                if (instr.Op == Op.Phi)
                    continue;
                var at = start + 2 * (instr.Mark + 1);
                foreach (var arg in instr.Args)
                    Use(ValueOf(arg), at);
            }

            for (var i = 0; i < block.Instrs.Count; i++)
            {
                var v = block.Instrs[i].Local;
                if (v < 0)
                    continue;
                var defined = block.Instrs[i].Op == Op.Phi ? start : start + 2 * (i + 1) + 1;
                _ranges[v].Append(defined, Math.Max(ends[v], defined + 1));
                ends[v] = 0;
            }

            // Whatever is left was live on entry.
            foreach (var v in touched)
            {
                if (ends[v] == 0)
                    continue;
                _ranges[v].Append(block.Index == 0 ? 0 : start, ends[v]);
                ends[v] = 0;
            }

            touched.Clear();
            start = terminatorAt + 2;
        }

        foreach (var param in function.Params)
        {
            if (_ranges[param.Local].Count > 0)
                _ranges[param.Local].Add(0, 1);
        }

        void Use(int value, int at)
        {
            if (value < 0)
                return;
            if (ends[value] == 0)
                touched.Add(value);
            ends[value] = Math.Max(ends[value], at);
        }
    }

    /// <summary>For each block the set of values that are read after it.</summary>
    private ulong[][] Liveness()
    {
        var blocks = function.Blocks;
        var words = (_values.Count + 63) / 64;
        var liveIn = new ulong[blocks.Count][];
        var liveOut = new ulong[blocks.Count][];
        var kills = new ulong[blocks.Count][];
        for (var b = 0; b < blocks.Count; b++)
        {
            var uses = liveIn[b] = new ulong[words];
            var killed = kills[b] = new ulong[words];
            liveOut[b] = new ulong[words];
            foreach (var instr in blocks[b].Instrs)
            {
                if (instr.Op != Op.Phi)
                {
                    foreach (var arg in instr.Args)
                        Read(ValueOf(arg), uses, killed);
                }

                if (instr.Local >= 0)
                    killed[instr.Local >> 6] |= 1UL << instr.Local;
            }

            foreach (var succ in blocks[b].Succs)
            {
                var edge = succ.Preds.IndexOf(blocks[b]);
                foreach (var phi in succ.Phis)
                    Read(ValueOf(phi.Args[edge]), uses, killed);
            }
        }

        for (var changed = true; changed;)
        {
            changed = false;
            for (var b = blocks.Count - 1; b >= 0; b--)
            {
                var (before, after, killed) = (liveIn[b], liveOut[b], kills[b]);
                foreach (var succ in blocks[b].Succs)
                {
                    var next = liveIn[succ.Index];
                    for (var word = 0; word < words; word++)
                        after[word] |= next[word];
                }

                for (var word = 0; word < words; word++)
                {
                    var live = before[word] | (after[word] & ~killed[word]);
                    changed |= live != before[word];
                    before[word] = live;
                }
            }
        }

        return liveOut;

        static void Read(int value, ulong[] uses, ulong[] killed)
        {
            if (value >= 0 && (killed[value >> 6] >> value & 1) == 0)
                uses[value >> 6] |= 1UL << value;
        }
    }

    private int Find(int value)
    {
        while (_group[value] != value)
            value = _group[value] = _group[_group[value]];
        return value;
    }

    private void CoalescePhis()
    {
        foreach (var block in function.Blocks)
        {
            foreach (var phi in block.Phis)
            {
                if (phi.Local < 0)
                    continue;
                foreach (var arg in phi.Args)
                {
                    if (ValueOf(arg) is >= 0 and var a)
                        TryMerge(Find(phi.Local), Find(a));
                }
            }
        }
    }

    /// <summary>A group is known by its smallest value, so that a parameter names its own.</summary>
    private void TryMerge(int a, int b)
    {
        if (a == b || _values[a].Type != _values[b].Type || (IsParameter(a) && IsParameter(b)) || _ranges[a].Overlaps(_ranges[b]))
            return;
        var (into, from) = a < b ? (a, b) : (b, a);
        _ranges[into].Add(_ranges[from]);
        _group[from] = into;
    }

    private bool IsParameter(int value) => value < function.Params.Length;

    private void Color()
    {
        var local = new int[_values.Count];
        var locals = new List<(ValType Type, LiveRanges Ranges)>();
        for (var v = 0; v < function.Params.Length; v++)
        {
            // A parameter that is never read leaves its local free.
            local[v] = v;
            locals.Add((_values[v].Type, _ranges[v]));
        }

        var groups = Enumerable.Range(function.Params.Length, _values.Count - function.Params.Length).Where(v => _group[v] == v).ToArray();
        foreach (var v in groups.OrderBy(v => _ranges[v].Start))
        {
            local[v] = locals.FindIndex(l => l.Type == _values[v].Type && !l.Ranges.Overlaps(_ranges[v]));
            if (local[v] < 0)
            {
                local[v] = locals.Count;
                locals.Add((_values[v].Type, _ranges[v]));
            }
            else
            {
                locals[local[v]].Ranges.Add(_ranges[v]);
            }
        }

        for (var v = 0; v < _values.Count; v++)
            _values[v].Local = local[Find(v)];
        for (var i = function.Params.Length; i < locals.Count; i++)
            Locals.Add(locals[i].Type);
    }
}
