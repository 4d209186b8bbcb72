using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>
/// Scalar replacement: the scalars inside variables whose address does not escape become SSA values. Struct copies
/// between such variables are taken apart first. What an index that is only known at run time may reach (an array inside
/// a struct, say) stays in memory; the scalars beside it do not.
/// </summary>
internal sealed class Promotion
{
    private const int MaxExpandedLeaves = 64;

    private readonly Function _function;
    private readonly Dictionary<Instr, List<Instr>> _users = [];
    private readonly Dictionary<Instr, Address> _addresses = [];
    private readonly Dictionary<(Instr Root, int Offset), Slot> _slots = [];
    private readonly Dictionary<Instr, Slot> _slotOf = [];
    private readonly Dictionary<Instr, List<Slot>> _zeroedBy = [];
    private readonly Dictionary<(Slot, Block), Instr> _atStart = [];
    private readonly Dictionary<(Slot, Block), Instr> _atEnd = [];

    private Promotion(Function function) => _function = function;

    /// <returns>Whether anything was promoted.</returns>
    public static bool Run(Function function) => new Promotion(function).Run();

    private bool Run()
    {
        Resolve();
        if (ExpandBlocks())
        {
            _users.Clear();
            _addresses.Clear();
            Resolve();
        }

        FindSlots();
        if (_slotOf.Count == 0)
            return false;
        Rename();
        Resolve();
        SsaUtil.RemoveTrivialPhis(_function);
        return true;
    }

    /// <summary>Collects users, and which values are addresses inside a variable.</summary>
    private void Resolve()
    {
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                instr.Block = block;
                instr.ResolveArgs();
                foreach (var arg in instr.Args)
                {
                    if (arg.Op != Op.Alloca && (arg.Op != Op.Wasm || arg.Code != Opcode.I32Add))
                        continue;
                    if (!_users.TryGetValue(arg, out var list))
                        _users[arg] = list = [];
                    list.Add(instr);
                }
            }
        }
    }

    private List<Instr> Users(Instr value) => _users.TryGetValue(value, out var list) ? list : [];

    private bool Escapes(Instr root)
    {
        var pending = new Stack<(Instr Value, Address At)>();
        pending.Push((root, new Address(root, 0, 0)));
        var found = new Dictionary<Instr, Address>();
        while (pending.Count > 0)
        {
            var (value, at) = pending.Pop();
            // A sum of two addresses of variables is none.
            if (!found.TryAdd(value, at))
                return true;
            foreach (var user in Users(value))
            {
                switch (user.Op)
                {
                    case Op.Load:
                    case Op.Store when user.Args[1] != value:
                    case Op.Copy when user.Args[0] != user.Args[1]:
                    case Op.Zero:
                        break;
                    case Op.Wasm when user.Code == Opcode.I32Add && user.Args[1].IsConst && user.Args[0] == value:
                        pending.Push((user, at with { Offset = at.Offset + (int)user.Args[1].Imm }));
                        break;
                    case Op.Wasm when user.Code == Opcode.I32Add && user.Args[0] != user.Args[1]:
                        // Farther than the variable's end is as good as anywhere.
                        var reach = Simplifier.PossibleBits(user.Args[user.Args[0] == value ? 1 : 0]);
                        if (reach >= (ulong)root.Imm)
                            return true;
                        pending.Push((user, at with { Reach = at.Reach + (int)reach }));
                        break;
                    default:
                        return true;
                }
            }
        }

        foreach (var (value, at) in found)
            _addresses[value] = at;
        return false;
    }

    /// <summary>Takes copies and zeroing of candidate variables apart into loads and stores of their scalars.</summary>
    private bool ExpandBlocks()
    {
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.Op == Op.Alloca)
                    Escapes(instr);
            }
        }

        var any = false;
        var builder = new Builder(_function);
        foreach (var block in _function.Blocks)
        {
            if (!block.Instrs.Exists(NeedsExpansion))
                continue;
            any = true;
            var old = block.Instrs;
            block.Instrs = new List<Instr>(old.Count + 16);
            builder.Current = block;
            foreach (var instr in old)
            {
                if (!NeedsExpansion(instr))
                {
                    block.Instrs.Add(instr);
                    continue;
                }

                builder.Position = instr.Position;
                var leaves = ((TypeDesc)instr.Aux!).Layout.Leaves!;
                var values = leaves.Select(l => instr.Op == Op.Copy ? builder.Load(l.Repr, instr.Args[1], l.Offset) : builder.Emit(Instr.ZeroOf(Access.TypeOf(l.Repr)))).ToArray();
                for (var i = 0; i < leaves.Length; i++)
                    builder.Store(leaves[i].Repr, instr.Args[0], values[i], leaves[i].Offset);
            }
        }

        return any;
    }

    private bool NeedsExpansion(Instr instr) =>
        instr.Op is Op.Copy or Op.Zero && (instr.Aux as TypeDesc)?.Layout.Leaves is { Length: <= MaxExpandedLeaves }
        && (IsFixed(instr.Args[0]) || (instr.Op == Op.Copy && IsFixed(instr.Args[1])));

    private bool IsFixed(Instr address) => _addresses.TryGetValue(address, out var at) && at.Reach == 0;

    private void FindSlots()
    {
        var byRoot = new Dictionary<Instr, List<Touched>>();
        var zeroings = new Dictionary<Instr, List<Instr>>();
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.Op == Op.Alloca && !Escapes(instr))
                    byRoot[instr] = [];
            }
        }

        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                switch (instr.Op)
                {
                    case Op.Load or Op.Store:
                        Touch(instr, 0, (int)instr.Imm, Access.Size(instr.Code), whole: false);
                        break;
                    case Op.Copy:
                        Touch(instr, 0, 0, (int)instr.Imm, whole: true);
                        Touch(instr, 1, 0, (int)instr.Imm, whole: true);
                        break;
                    case Op.Zero when _addresses.TryGetValue(instr.Args[0], out var at) && at.Reach == 0:
                        if (!zeroings.TryGetValue(at.Root, out var list))
                            zeroings[at.Root] = list = [];
                        list.Add(instr);
                        break;
                    case Op.Zero:
                        Touch(instr, 0, 0, (int)instr.Imm, whole: true);
                        break;
                }
            }
        }

        foreach (var (root, accesses) in byRoot)
        {
            var zeroed = zeroings.GetValueOrDefault(root, []);
            accesses.Sort((a, b) => a.Offset.CompareTo(b.Offset));
            for (var i = 0; i < accesses.Count;)
            {
                // A run of accesses that touch each other.
                var end = accesses[i].Offset + accesses[i].Size;
                var j = i + 1;
                while (j < accesses.Count && accesses[j].Offset < end)
                {
                    end = Math.Max(end, accesses[j].Offset + accesses[j].Size);
                    j++;
                }

                MakeSlot(root, accesses.GetRange(i, j - i), zeroed);
                i = j;
            }
        }

        void Touch(Instr instr, int operand, int offset, int size, bool whole)
        {
            if (_addresses.TryGetValue(instr.Args[operand], out var at) && byRoot.TryGetValue(at.Root, out var list))
                list.Add(new Touched(instr, at.Offset + offset, size + at.Reach, whole || at.Reach > 0));
        }
    }

    private void MakeSlot(Instr root, List<Touched> accesses, List<Instr> zeroings)
    {
        var first = accesses[0];
        var end = first.Offset + first.Size;
        if (accesses.Exists(a => a.Whole || a.Offset != first.Offset || a.Size != first.Size) || first.Offset < 0 || end > root.Imm)
            return;
        var zeroedBy = zeroings.FindAll(z => _addresses[z.Args[0]].Offset < end && first.Offset < _addresses[z.Args[0]].Offset + z.Imm);
        if (zeroedBy.Exists(z => _addresses[z.Args[0]].Offset > first.Offset || _addresses[z.Args[0]].Offset + z.Imm < end))
            return;
        var types = accesses.Select(a => TypeOf(a.Access)).Distinct().ToList();
        // Reading an int as a float of the same size is a reinterpretation; lanes of a vector are not.
        if (types.Count > 1 && types.Exists(t => t == ValType.V128))
            return;
        if (accesses.Exists(a => a.Access.Code is Opcode.I64Load8S or Opcode.I64Load8U or Opcode.I64Load16S or Opcode.I64Load16U or Opcode.I64Load32S or Opcode.I64Load32U
            or Opcode.I64Store8 or Opcode.I64Store16 or Opcode.I64Store32))
            return;
        var loads = accesses.Where(a => a.Access.Op == Op.Load).Select(a => a.Access.Code).Distinct().ToList();
        var slot = new Slot(types[0], loads.Count == 1 ? loads[0] : null);
        _slots[(root, first.Offset)] = slot;
        foreach (var (access, _, _, _) in accesses)
            _slotOf[access] = slot;
        foreach (var zeroing in zeroedBy)
        {
            if (!_zeroedBy.TryGetValue(zeroing, out var list))
                _zeroedBy[zeroing] = list = [];
            list.Add(slot);
        }
    }

    private static ValType TypeOf(Instr access) => access.Op == Op.Load ? access.Type : OpcodeTable.Find(access.Code)!.Type!.Parameters[1];

    private void Rename()
    {
        var builder = new Builder(_function);
        var pending = new List<(Instr Load, Slot Slot, Block Block)>();
        foreach (var block in _function.Blocks)
        {
            var old = block.Instrs;
            block.Instrs = new List<Instr>(old.Count);
            builder.Current = block;
            foreach (var instr in old)
            {
                if (!_slotOf.TryGetValue(instr, out var slot))
                {
                    block.Instrs.Add(instr);
                    foreach (var zeroed in _zeroedBy.GetValueOrDefault(instr, []))
                        _atEnd[(zeroed, block)] = builder.Emit(Instr.ZeroOf(zeroed.Type));
                    continue;
                }

                builder.Position = instr.Position;
                if (instr.Op == Op.Store)
                {
                    var value = Cast(builder, instr.Args[1].Resolve(), slot.Type);
                    _atEnd[(slot, block)] = slot.OnlyLoad is { } only ? Narrow(builder, value, only) : value;
                }
                else if (_atEnd.TryGetValue((slot, block), out var known))
                {
                    instr.Forward = LoadedAs(builder, known, slot, instr);
                }
                else
                {
                    // Its value comes from the predecessors: a place holder until they are all known.
                    pending.Add((instr, slot, block));
                    var holder = new Instr(Op.Wasm, slot.Type) { Code = Opcode.Nop };
                    _atEnd[(slot, block)] = holder;
                    _atStart[(slot, block)] = holder;
                    instr.Forward = LoadedAs(builder, holder, slot, instr);
                }
            }
        }

        foreach (var (_, slot, block) in pending)
        {
            var holder = _atStart[(slot, block)];
            _atStart.Remove((slot, block));
            var value = ReadAtStart(slot, block).Resolve();
            if (value == holder)
                throw new InvalidOperationException($"a variable of {_function.Name} has no value");
            holder.Forward = value;
        }
    }

    private Instr ReadAtEnd(Slot slot, Block block)
    {
        if (_atEnd.TryGetValue((slot, block), out var value))
            return value.Resolve();
        return _atEnd[(slot, block)] = ReadAtStart(slot, block);
    }

    private Instr ReadAtStart(Slot slot, Block block)
    {
        if (_atStart.TryGetValue((slot, block), out var known))
            return known.Resolve();
        if (block == _function.Entry)
            return _atStart[(slot, block)] = Instr.ZeroOf(slot.Type);
        if (block.Preds.Count == 1)
        {
            // Not memorized before it is known: a single predecessor cannot lead back here without a join.
            var value = ReadAtEnd(slot, block.Preds[0]);
            return _atStart[(slot, block)] = value;
        }

        var phi = new Instr(Op.Phi, slot.Type) { Block = block };
        _function.Number(phi);
        _atStart[(slot, block)] = phi;
        var args = new Instr[block.Preds.Count];
        for (var i = 0; i < args.Length; i++)
            args[i] = ReadAtEnd(slot, block.Preds[i]);
        phi.Args = args;
        block.Instrs.Insert(0, phi);
        return phi;
    }

    private static Instr Cast(Builder builder, Instr value, ValType type) => (value.Type, type) switch
    {
        (ValType.F32, ValType.I32) => builder.Wasm(Opcode.I32ReinterpretF32, value),
        (ValType.I32, ValType.F32) => builder.Wasm(Opcode.F32ReinterpretI32, value),
        (ValType.F64, ValType.I64) => builder.Wasm(Opcode.I64ReinterpretF64, value),
        (ValType.I64, ValType.F64) => builder.Wasm(Opcode.F64ReinterpretI64, value),
        _ => value,
    };

    private static Instr LoadedAs(Builder builder, Instr value, Slot slot, Instr load) =>
        Cast(builder, slot.OnlyLoad != null ? value : Narrow(builder, value, load.Code), load.Type);

    private static Instr Narrow(Builder builder, Instr value, Opcode load) => load switch
    {
        Opcode.I32Load8U => builder.Wasm(Opcode.I32And, value, builder.I32(0xFF)),
        Opcode.I32Load8S => builder.Wasm(Opcode.I32Extend8S, value),
        Opcode.I32Load16U => builder.Wasm(Opcode.I32And, value, builder.I32(0xFFFF)),
        Opcode.I32Load16S => builder.Wasm(Opcode.I32Extend16S, value),
        _ => value,
    };

    /// <summary>Where a value points: so far behind a variable's start, and up to Reach bytes farther.</summary>
    private readonly record struct Address(Instr Root, int Offset, int Reach);

    /// <summary>Bytes of a variable that an instruction touches; Whole when it may be any of them.</summary>
    private readonly record struct Touched(Instr Access, int Offset, int Size, bool Whole);

    /// <summary>One scalar of one variable.</summary>
    private sealed class Slot(ValType type, Opcode? onlyLoad)
    {
        public ValType Type { get; } = type;

        public Opcode? OnlyLoad { get; } = onlyLoad;
    }
}
