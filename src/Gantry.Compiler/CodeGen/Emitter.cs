using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>One WebAssembly instruction before it is encoded.</summary>
internal struct Out
{
    public Opcode Code;
    public long Imm;
    public UInt128 Wide;
    public object? Aux;
    public SourcePosition Position;

    /// <summary>Of an <c>if</c> or <c>br_if</c>, whether it is mostly taken, where that is known.</summary>
    public bool? Taken;
}

/// <summary>
/// Writes one function: structured control flow from the dominator tree (Ramsey, "Beyond Relooper", ICFP 2022), operands
/// on the stack where the <see cref="Stackifier"/> put them.
/// </summary>
internal sealed partial class Emitter
{
    private readonly ModuleBuilder _module;
    private readonly Function _function;
    private readonly List<Out> _out = [];
    private readonly List<Block?> _labels = [];
    private readonly Dictionary<Block, List<Block>> _children = [];
    private readonly HashSet<Block> _merges = [];
    private readonly HashSet<Block> _headers = [];
    private List<ValType> _locals = null!;
    private SourcePosition _position;

    public Emitter(ModuleBuilder module, Function function)
    {
        _module = module;
        _function = function;
    }

    public List<Out> Code => _out;

    public List<ValType> Locals => _locals;

    public void Run()
    {
        _function.ComputeOrder();
        _function.ComputeDominators();
        Stackifier.Run(_function);
        var allocator = new LocalAllocator(_function);
        allocator.Run();
        _locals = allocator.Locals;
        LayOutFrame();
        foreach (var block in _function.Blocks)
        {
            _children[block] = [];
            var forward = 0;
            foreach (var pred in block.Preds)
            {
                if (pred.Index >= block.Index)
                {
                    if (!Function.Dominates(block, pred))
                        throw new InvalidOperationException($"irreducible control flow in {_function.Name}");
                    _headers.Add(block);
                }
                else
                {
                    forward++;
                }
            }

            if (forward > 1)
                _merges.Add(block);
            if (block != _function.Entry)
                _children[block.Dominator!].Add(block);
        }

        EmitPrologue();
        EmitTree(_function.Entry);
        if (_out.Count > 0 && _out[^1].Code == Opcode.Return)
            _out.RemoveAt(_out.Count - 1);
        else
            Add(Opcode.Unreachable);
        Peephole.Run(_out);
        Add(Opcode.End);
    }

    private void Add(Opcode code, long imm = 0, object? aux = null, bool? taken = null) =>
        _out.Add(new Out { Code = code, Imm = imm, Aux = aux, Position = _position, Taken = taken });

    private void EmitTree(Block block)
    {
        var isHeader = _headers.Contains(block);
        if (isHeader)
        {
            Add(Opcode.Loop, BlockType.Empty.Value);
            _labels.Add(block);
        }

        var merges = _children[block].Where(_merges.Contains).OrderByDescending(c => c.Index).ToList();
        foreach (var merge in merges)
        {
            Add(Opcode.Block, BlockType.Empty.Value);
            _labels.Add(merge);
        }

        EmitBlock(block);
        for (var i = merges.Count - 1; i >= 0; i--)
        {
            _labels.RemoveAt(_labels.Count - 1);
            Add(Opcode.End);
            EmitTree(merges[i]);
        }

        if (isHeader)
        {
            _labels.RemoveAt(_labels.Count - 1);
            Add(Opcode.End);
        }
    }

    private void EmitBlock(Block block)
    {
        for (var i = 0; i < block.Instrs.Count - 1; i++)
        {
            var instr = block.Instrs[i];
            if (instr.Op == Op.Phi || instr.Inlined || Stackifier.IsRematerialized(instr))
                continue;
            if (instr.HasValue && instr.Uses == 0 && !instr.HasEffect)
                continue;
            EmitInstr(instr);
            if (!instr.HasValue)
                continue;
            if (instr.Uses > 0)
                Add(Opcode.LocalSet, instr.Local);
            else
                Add(Opcode.Drop);
        }

        EmitTerminator(block, block.Terminator);
    }

    private int Depth(Block target)
    {
        for (var i = _labels.Count - 1; i >= 0; i--)
        {
            if (_labels[i] == target)
                return _labels.Count - 1 - i;
        }

        throw new InvalidOperationException($"no label for {target} in {_function.Name}");
    }

    /// <summary>Whether going from one block to the other is a br and not the code itself.</summary>
    private bool IsJump(Block from, Block to) => to.Index <= from.Index || _merges.Contains(to);

    private void Goto(Block from, Block to)
    {
        if (IsJump(from, to))
            Add(Opcode.Br, Depth(to));
        else
            EmitTree(to);
    }

    private bool HasMoves(Block from, Block to)
    {
        var edge = to.Preds.IndexOf(from);
        foreach (var phi in to.Phis)
        {
            if (phi.Uses > 0 && NeedsMove(phi, phi.Args[edge]))
                return true;
        }

        return false;
    }

    private bool NeedsMove(Instr phi, Instr arg) =>
        phi != arg && (Stackifier.IsRematerialized(arg) || arg.Inlined || phi.Local != arg.Local);

    /// <summary>Hands values to the target's phis: all are pushed before the first is set, so the moves are parallel.</summary>
    private void EmitMoves(Block from, Block to)
    {
        var edge = to.Preds.IndexOf(from);
        var moved = new List<Instr>();
        foreach (var phi in to.Phis)
        {
            if (phi.Uses == 0 || !NeedsMove(phi, phi.Args[edge]))
                continue;
            EmitOperand(phi.Args[edge]);
            moved.Add(phi);
        }

        for (var i = moved.Count - 1; i >= 0; i--)
            Add(Opcode.LocalSet, moved[i].Local);
    }

    private void EmitTerminator(Block block, Instr terminator)
    {
        _position = terminator.Position;
        switch (terminator.Op)
        {
            case Op.Br:
                EmitMoves(block, terminator.Targets[0]);
                Goto(block, terminator.Targets[0]);
                break;
            case Op.BrIf:
                EmitConditional(block, terminator);
                break;
            case Op.Switch:
                EmitSwitch(block, terminator);
                break;
            case Op.Return:
                foreach (var arg in terminator.Args)
                    EmitOperand(arg);
                EmitEpilogue();
                Add(Opcode.Return);
                break;
            case Op.ReturnCall:
                foreach (var arg in terminator.Args)
                    EmitOperand(arg);
                EmitEpilogue();
                Add(Opcode.ReturnCall, aux: terminator.Aux);
                break;
            case Op.ReturnCallIndirect:
                foreach (var arg in terminator.Args)
                    EmitOperand(arg);
                EmitEpilogue();
                Add(Opcode.ReturnCallIndirect, aux: terminator.Aux);
                break;
            case Op.Trap:
                if (terminator.Args.Length > 0)
                {
                    EmitOperand(terminator.Args[0]);
                    Add(Opcode.Drop);
                }

                EmitTrap((TrapInfo)terminator.Aux!);
                break;
            default:
                throw new InvalidOperationException($"{terminator.Op} in {_function.Name}");
        }
    }

    private void EmitTrap(TrapInfo trap)
    {
        Add(Opcode.I32Const, aux: _module.TrapRecord(trap));
        Add(Opcode.Call, aux: ModuleBuilder.TrapFunction);
        Add(Opcode.Unreachable);
    }

    private void EmitConditional(Block block, Instr terminator)
    {
        var whenTrue = terminator.Targets[0];
        var whenFalse = terminator.Targets[1];
        var condition = terminator.Args[0];
        bool? taken = IsSeldom(whenTrue) == IsSeldom(whenFalse) ? null : IsSeldom(whenFalse);
        if (IsJump(block, whenTrue) && !HasMoves(block, whenTrue))
        {
            EmitOperand(condition);
            Add(Opcode.BrIf, Depth(whenTrue), taken: taken);
            EmitMoves(block, whenFalse);
            Goto(block, whenFalse);
            return;
        }

        if (IsJump(block, whenFalse) && !HasMoves(block, whenFalse))
        {
            EmitInverse(condition);
            Add(Opcode.BrIf, Depth(whenFalse), taken: !taken);
            EmitMoves(block, whenTrue);
            Goto(block, whenTrue);
            return;
        }

        EmitOperand(condition);
        Add(Opcode.If, BlockType.Empty.Value, taken: taken);
        _labels.Add(null);
        EmitMoves(block, whenTrue);
        Goto(block, whenTrue);
        _labels.RemoveAt(_labels.Count - 1);
        // The true side never falls through: what follows is the false side.
        Add(Opcode.End);
        EmitMoves(block, whenFalse);
        Goto(block, whenFalse);
    }

    // Where it traps, or what it calls says so of itself.
    private static bool IsSeldom(Block block) => block.Terminator.Op == Op.Trap || block.Instrs.Any(i => i is { Op: Op.Call, Aux: MethodDesc { IsSeldom: true } });

    private void EmitInverse(Instr condition)
    {
        EmitOperand(condition);
        var last = _out[^1];
        if (condition.Inlined && last.Code == Opcode.I32Eqz)
        {
            _out.RemoveAt(_out.Count - 1);
            return;
        }

        if (condition.Inlined && condition.Op == Op.Wasm && Optimizer.Simplifier.Inverse(condition.Code) is { } inverse && last.Code == condition.Code)
        {
            last.Code = inverse;
            _out[^1] = last;
            return;
        }

        Add(Opcode.I32Eqz);
    }

    private void EmitSwitch(Block block, Instr terminator)
    {
        // Targets that are no merge nodes become blocks of their own around the br_table.
        var inline = terminator.Targets.Distinct().Where(t => !IsJump(block, t)).OrderByDescending(t => t.Index).ToList();
        foreach (var target in inline)
        {
            _labels.Add(target);
            Add(Opcode.Block, BlockType.Empty.Value);
        }

        EmitOperand(terminator.Args[0]);
        Add(Opcode.BrTable, aux: terminator.Targets.Select(Depth).ToArray());
        for (var i = inline.Count - 1; i >= 0; i--)
        {
            _labels.RemoveAt(_labels.Count - 1);
            Add(Opcode.End);
            EmitTree(inline[i]);
        }
    }
}
