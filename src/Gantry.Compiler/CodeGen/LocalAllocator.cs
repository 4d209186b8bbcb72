using System.Collections;
using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>
/// Gives locals to the values that need one. Values whose lifetimes do not overlap share; a phi and what flows into it
/// share first of all, so that loops update their variables in place.
/// </summary>
internal sealed class LocalAllocator
{
    private readonly Function _function;
    private readonly HashSet<Instr> _inlined;
    private readonly List<Instr> _values = [];
    private readonly Dictionary<Instr, int> _indexOf = [];
    private readonly List<Group> _groups = [];

    public LocalAllocator(Function function, HashSet<Instr> inlined)
    {
        _function = function;
        _inlined = inlined;
    }

    /// <summary>The local of every value that has one.</summary>
    public Dictionary<Instr, int> LocalOf { get; } = [];

    /// <summary>Types of the locals after the parameters.</summary>
    public List<ValType> Locals { get; } = [];

    public void Run()
    {
        CollectValues();
        ComputeIntervals();
        CoalescePhis();
        Color();
    }

    private void CollectValues()
    {
        foreach (var param in _function.Params)
            AddValue(param, (int)param.Imm);
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.HasValue && instr.Uses > 0 && !_inlined.Contains(instr) && !Stackifier.IsRematerialized(instr) && instr.Op != Op.Param)
                    AddValue(instr, -1);
            }
        }
    }

    private void AddValue(Instr value, int fixedLocal)
    {
        if (!_indexOf.TryAdd(value, _values.Count))
            return;
        _values.Add(value);
        _groups.Add(new Group { Local = fixedLocal, Type = value.Type });
    }

    private void ComputeIntervals()
    {
        var blocks = _function.Blocks;
        var start = new int[blocks.Count];
        var position = 2;
        for (var b = 0; b < blocks.Count; b++)
        {
            start[b] = position;
            position += 2 * (blocks[b].Instrs.Count + 1);
        }

        var liveOut = Liveness();
        var ends = new int[_values.Count];
        for (var b = 0; b < blocks.Count; b++)
        {
            var block = blocks[b];
            var blockEnd = start[b] + 2 * block.Instrs.Count + 2;
            Array.Clear(ends);
            for (var v = 0; v < ends.Length; v++)
            {
                if (liveOut[b][v])
                    ends[v] = blockEnd;
            }

            // What the edges carry into phis is read at the terminator.
            var terminatorAt = start[b] + 2 * block.Instrs.Count;
            foreach (var succ in block.Succs)
            {
                var edge = succ.Preds.IndexOf(block);
                foreach (var phi in succ.Phis)
                {
                    if (_indexOf.TryGetValue(phi.Args[edge], out var v))
                        ends[v] = Math.Max(ends[v], terminatorAt);
                }
            }

            for (var i = block.Instrs.Count - 1; i >= 0; i--)
            {
                var instr = block.Instrs[i];
                if (instr.Op == Op.Phi)
                    continue;
                var at = start[b] + 2 * (instr.Mark + 1);
                foreach (var operand in Stackifier.Operands(instr))
                {
                    if (_indexOf.TryGetValue(operand, out var v))
                        ends[v] = Math.Max(ends[v], at);
                }
            }

            for (var i = 0; i < block.Instrs.Count; i++)
            {
                var instr = block.Instrs[i];
                if (!_indexOf.TryGetValue(instr, out var v))
                    continue;
                var defined = instr.Op == Op.Phi ? start[b] : start[b] + 2 * (i + 1) + 1;
                _groups[v].Ranges.Add((defined, Math.Max(ends[v], defined + 1)));
                ends[v] = 0;
            }

            // Whatever is left was live on entry.
            for (var v = 0; v < ends.Length; v++)
            {
                if (ends[v] != 0)
                    _groups[v].Ranges.Add((b == 0 ? 0 : start[b], ends[v]));
            }
        }

        foreach (var param in _function.Params)
        {
            var group = _groups[_indexOf[param]];
            if (group.Ranges.Count > 0)
                group.Ranges.Add((0, 1));
        }

        foreach (var group in _groups)
            group.Normalize();
    }

    private BitArray[] Liveness()
    {
        var blocks = _function.Blocks;
        var liveIn = new BitArray[blocks.Count];
        var liveOut = new BitArray[blocks.Count];
        var uses = new BitArray[blocks.Count];
        var kills = new BitArray[blocks.Count];
        for (var b = 0; b < blocks.Count; b++)
        {
            liveIn[b] = new BitArray(_values.Count);
            liveOut[b] = new BitArray(_values.Count);
            uses[b] = new BitArray(_values.Count);
            kills[b] = new BitArray(_values.Count);
            foreach (var instr in blocks[b].Instrs)
            {
                if (instr.Op != Op.Phi)
                {
                    foreach (var operand in instr.Args)
                    {
                        if (_indexOf.TryGetValue(operand, out var v) && !kills[b][v])
                            uses[b][v] = true;
                    }
                }

                if (_indexOf.TryGetValue(instr, out var d))
                    kills[b][d] = true;
            }

            foreach (var succ in blocks[b].Succs)
            {
                var edge = succ.Preds.IndexOf(blocks[b]);
                foreach (var phi in succ.Phis)
                {
                    if (_indexOf.TryGetValue(phi.Args[edge], out var v) && !kills[b][v])
                        uses[b][v] = true;
                }
            }
        }

        for (var changed = true; changed;)
        {
            changed = false;
            for (var b = blocks.Count - 1; b >= 0; b--)
            {
                foreach (var succ in blocks[b].Succs)
                    liveOut[b].Or(liveIn[succ.Index]);
                var next = new BitArray(kills[b]).Not().And(liveOut[b]).Or(uses[b]);
                if (!Same(next, liveIn[b]))
                {
                    liveIn[b] = next;
                    changed = true;
                }
            }
        }

        return liveOut;
    }

    private static bool Same(BitArray a, BitArray b)
    {
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i])
                return false;
        }

        return true;
    }

    private void CoalescePhis()
    {
        foreach (var block in _function.Blocks)
        {
            foreach (var phi in block.Phis)
            {
                if (!_indexOf.TryGetValue(phi, out var p))
                    continue;
                foreach (var arg in phi.Args)
                {
                    if (_indexOf.TryGetValue(arg, out var a))
                        TryMerge(p, a);
                }
            }
        }
    }

    private void TryMerge(int a, int b)
    {
        var x = _groups[a];
        var y = _groups[b];
        if (x == y || x.Type != y.Type || (x.Local >= 0 && y.Local >= 0) || x.Overlaps(y))
            return;
        x.Ranges.AddRange(y.Ranges);
        x.Normalize();
        if (x.Local < 0)
            x.Local = y.Local;
        for (var i = 0; i < _groups.Count; i++)
        {
            if (_groups[i] == y)
                _groups[i] = x;
        }
    }

    private void Color()
    {
        var locals = new List<Group>();
        foreach (var param in _function.Params)
        {
            var group = _groups[_indexOf[param]];
            // A coalesced parameter's group holds its local; one that is never read leaves its local free.
            locals.Add(new Group { Type = param.Type, Ranges = [.. group.Local == (int)param.Imm ? group.Ranges : []] });
            locals[^1].Normalize();
        }

        foreach (var group in _groups.Distinct().OrderBy(g => g.Ranges.Count == 0 ? 0 : g.Ranges[0].Start))
        {
            if (group.Local >= 0)
                continue;
            var local = locals.FindIndex(l => l.Type == group.Type && !l.Overlaps(group));
            if (local < 0)
            {
                local = locals.Count;
                locals.Add(new Group { Type = group.Type });
            }

            locals[local].Ranges.AddRange(group.Ranges);
            locals[local].Normalize();
            group.Local = local;
        }

        for (var i = 0; i < _values.Count; i++)
            LocalOf[_values[i]] = _groups[i].Local;
        for (var i = _function.Params.Length; i < locals.Count; i++)
            Locals.Add(locals[i].Type);
    }

    private sealed class Group
    {
        public List<(int Start, int End)> Ranges = [];
        public int Local = -1;
        public ValType Type;

        public void Normalize()
        {
            Ranges.Sort();
            var merged = new List<(int Start, int End)>();
            foreach (var range in Ranges)
            {
                if (merged.Count > 0 && range.Start <= merged[^1].End)
                    merged[^1] = (merged[^1].Start, Math.Max(merged[^1].End, range.End));
                else
                    merged.Add(range);
            }

            Ranges = merged;
        }

        public bool Overlaps(Group other)
        {
            int i = 0, j = 0;
            while (i < Ranges.Count && j < other.Ranges.Count)
            {
                if (Ranges[i].Start < other.Ranges[j].End && other.Ranges[j].Start < Ranges[i].End)
                    return true;
                if (Ranges[i].End <= other.Ranges[j].End)
                    i++;
                else
                    j++;
            }

            return false;
        }
    }
}
