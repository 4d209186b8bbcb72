namespace Gantry.Wasm;

/// <summary>
/// Validates function bodies by the algorithm of the spec's appendix 7.3: a stack of types, a stack of open blocks, and
/// "unknown" for what unreachable code would pop. One object serves all functions of a module and keeps its stacks' memory.
/// </summary>
internal sealed class FunctionValidator(ModuleValidator context)
{
    private const ValType Unknown = 0;

    private readonly List<ValType> stack = [];
    private readonly List<Frame> frames = [];
    private readonly List<uint> localEnds = [];
    private Function function = null!;
    private FuncType type = null!;
    private int offset;

    private readonly record struct Frame(Opcode Opcode, FuncType Type, int Height, bool Unreachable)
    {
        public ReadOnlySpan<ValType> LabelTypes => Opcode == Opcode.Loop ? Type.Parameters : Type.Results;
    }

    public void Validate(Function body)
    {
        function = body;
        type = context.Module.Types[body.TypeIndex];
        stack.Clear();
        frames.Clear();
        localEnds.Clear();
        uint end = (uint)type.Parameters.Length;
        foreach (LocalGroup group in body.Locals)
        {
            Check(group.Count <= ImplementationLimits.Locals && end + group.Count <= ImplementationLimits.Locals, "too many locals");
            localEnds.Add(end += group.Count);
        }

        frames.Add(new Frame(Opcode.Block, new FuncType([], type.Results), 0, false));
        var reader = new InstructionReader(body.Code.Span, body.CodeOffset);
        while (frames.Count != 0)
        {
            offset = reader.NextOffset;
            Check(reader.Next(), "end opcode expected");
            Instruction(ref reader);
        }

        offset = reader.NextOffset;
        Check(!reader.Next(), "instructions after the function's end");
    }

    private void Instruction(ref InstructionReader reader)
    {
        OpcodeInfo info = reader.Info;
        switch (info.Immediate)
        {
            case Immediate.None when info.Type is null:
                Control(reader.Opcode);
                return;
            case Immediate.BlockType:
                if (reader.Opcode == Opcode.If) Pop(ValType.I32);
                FuncType block = BlockSignature(reader.BlockType);
                Pop(block.Parameters);
                Push(reader.Opcode, block);
                return;
            case Immediate.Label:
                if (reader.Opcode == Opcode.BrIf) Pop(ValType.I32);
                ReadOnlySpan<ValType> label = Label(reader.Index);
                Pop(label);
                if (reader.Opcode == Opcode.Br) SetUnreachable();
                else Push(label);
                return;
            case Immediate.BranchTable:
                BranchTable(ref reader);
                return;
            case Immediate.Function:
                Check((uint)reader.Index < (uint)context.FunctionTypes.Count, "unknown function");
                if (reader.Opcode != Opcode.RefFunc)
                {
                    Call(context.FunctionTypes[reader.Index], reader.Opcode == Opcode.ReturnCall);
                    return;
                }

                Check(context.IsDeclared(reader.Index), "undeclared function reference");
                stack.Add(ValType.FuncRef);
                return;
            case Immediate.CallIndirect:
                Check(Table(reader.Index2) == ValType.FuncRef, "type mismatch: call_indirect needs a table of functions");
                Check((uint)reader.Index < (uint)context.Module.Types.Count, "unknown type");
                Pop(ValType.I32);
                Call(reader.Index, reader.Opcode == Opcode.ReturnCallIndirect);
                return;
            case Immediate.SelectTypes:
                Check(reader.Index == 1, "invalid result arity");
                Pop(ValType.I32);
                Pop(reader.Type);
                Pop(reader.Type);
                stack.Add(reader.Type);
                return;
            case Immediate.Local:
                Local(reader.Opcode, LocalType(reader.Index));
                return;
            case Immediate.Global:
                Check((uint)reader.Index < (uint)context.Globals.Count, "unknown global");
                GlobalType global = context.Globals[reader.Index];
                Check(reader.Opcode == Opcode.GlobalGet || global.IsMutable, "global is immutable");
                if (reader.Opcode == Opcode.GlobalGet) stack.Add(global.Type);
                else Pop(global.Type);
                return;
            case Immediate.Table:
                TableAccess(reader.Opcode, Table(reader.Index));
                return;
            case Immediate.TableInit:
                ValType destination = Table(reader.Index2);
                Check((uint)reader.Index < (uint)context.Module.Elements.Count, "unknown elem segment");
                Check(destination == context.Module.Elements[reader.Index].Type, "type mismatch between table and elements");
                break;
            case Immediate.TableCopy:
                Check(Table(reader.Index) == Table(reader.Index2), "type mismatch between tables");
                break;
            case Immediate.Element:
                Check((uint)reader.Index < (uint)context.Module.Elements.Count, "unknown elem segment");
                break;
            case Immediate.Memory or Immediate.MemoryLane:
                Check(context.Memories != 0, "unknown memory");
                Check(reader.MemArg.AlignLog2 <= (uint)info.NaturalAlignment, "alignment must not be larger than natural");
                Check(info.Immediate == Immediate.Memory || reader.Lane < info.Lanes, "invalid lane index");
                break;
            case Immediate.MemoryIndex or Immediate.MemoryCopy:
                Check(context.Memories != 0, "unknown memory");
                break;
            case Immediate.MemoryInit or Immediate.Data:
                Check(info.Immediate == Immediate.Data || context.Memories != 0, "unknown memory");
                Check(context.Module.HasDataCount, "data count section required");
                Check((uint)reader.Index < (uint)context.Module.Data.Count, "unknown data segment");
                break;
            case Immediate.RefType:
                stack.Add(reader.Type);
                return;
            case Immediate.Lane:
                Check(reader.Lane < info.Lanes, "invalid lane index");
                break;
            case Immediate.Shuffle:
                foreach (byte lane in reader.ImmediateBytes) Check(lane < 32, "invalid lane index");
                break;
            default:
                break;
        }

        Pop(info.Type!.Parameters);
        Push(info.Type.Results);
    }

    private void Control(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Nop:
                break;
            case Opcode.Unreachable:
                SetUnreachable();
                break;
            case Opcode.Return:
                Pop(type.Results);
                SetUnreachable();
                break;
            case Opcode.Else:
                Frame opened = Close();
                Check(opened.Opcode == Opcode.If, "else without if");
                Push(Opcode.Else, opened.Type);
                break;
            case Opcode.End:
                Frame frame = Close();
                Check(frame.Opcode != Opcode.If || frame.Type.Parameters.SequenceEqual(frame.Type.Results), "type mismatch: if without else");
                Push(frame.Type.Results);
                break;
            case Opcode.Drop:
                Pop();
                break;
            case Opcode.Select:
                Pop(ValType.I32);
                ValType second = Pop();
                ValType first = Pop();
                Check(!first.IsReference() && !second.IsReference(), "type mismatch: select without type on references");
                Check(first == second || first == Unknown || second == Unknown, "type mismatch: operands of select differ");
                stack.Add(first == Unknown ? second : first);
                break;
            default: // ref.is_null
                ValType reference = Pop();
                Check(reference == Unknown || reference.IsReference(), "type mismatch: reference expected");
                stack.Add(ValType.I32);
                break;
        }
    }

    private void BranchTable(ref InstructionReader reader)
    {
        Pop(ValType.I32);
        ByteReader labels = reader.Labels();
        int arity = -1;
        int checkedLabel = -1;
        for (int i = 0; i <= reader.Index; i++)
        {
            int label = labels.Index();
            if (label == checkedLabel) continue;
            checkedLabel = label;
            ReadOnlySpan<ValType> types = Label(label);
            if (arity < 0) arity = types.Length;
            Check(types.Length == arity, "type mismatch: labels of br_table differ in arity");
            CheckTop(types);
        }

        Pop(Label(checkedLabel));
        SetUnreachable();
    }

    // Pops the label's types and pushes back what was popped, without moving anything.
    private void CheckTop(ReadOnlySpan<ValType> types)
    {
        Frame frame = frames[^1];
        for (int i = 0; i < types.Length; i++)
        {
            int at = stack.Count - 1 - i;
            if (at < frame.Height)
            {
                Check(frame.Unreachable, "type mismatch: not enough operands");
                return;
            }

            ValType expected = types[^(i + 1)];
            Check(stack[at] == expected || stack[at] == Unknown, "type mismatch in br_table");
        }
    }

    private void Call(int typeIndex, bool isTail)
    {
        FuncType callee = context.Module.Types[typeIndex];
        Pop(callee.Parameters);
        if (!isTail)
        {
            Push(callee.Results);
            return;
        }

        Check(callee.Results.SequenceEqual(type.Results), "type mismatch: results of a tail call");
        SetUnreachable();
    }

    private void Local(Opcode opcode, ValType local)
    {
        if (opcode != Opcode.LocalGet) Pop(local);
        if (opcode != Opcode.LocalSet) stack.Add(local);
    }

    private void TableAccess(Opcode opcode, ValType element)
    {
        if (opcode is Opcode.TableFill or Opcode.TableGrow or Opcode.TableSet)
        {
            if (opcode != Opcode.TableSet) Pop(ValType.I32);
            Pop(element);
        }

        if (opcode is Opcode.TableGet or Opcode.TableSet or Opcode.TableFill) Pop(ValType.I32);
        if (opcode == Opcode.TableGet) stack.Add(element);
        if (opcode is Opcode.TableSize or Opcode.TableGrow) stack.Add(ValType.I32);
    }

    private ValType Table(int index)
    {
        Check((uint)index < (uint)context.Tables.Count, "unknown table");
        return context.Tables[index].Element;
    }

    // Groups are not expanded: fifty thousand locals take a few bytes to declare.
    private ValType LocalType(int index)
    {
        if ((uint)index < (uint)type.Parameters.Length) return type.Parameters[index];
        int group = localEnds.BinarySearch((uint)index + 1);
        if (group < 0) group = ~group;
        else while (group > 0 && localEnds[group - 1] == localEnds[group]) group--;
        Check(group < localEnds.Count, "unknown local");
        return function.Locals[group].Type;
    }

    private FuncType BlockSignature(BlockType block)
    {
        if (!block.IsIndex) return block.Result is ValType result ? SingleResult(result) : NoResult;
        Check(block.Value < context.Module.Types.Count, "unknown type");
        return context.Module.Types[(int)block.Value];
    }

    private static readonly FuncType NoResult = new([], []);
    private static readonly FuncType[] SingleResults = [.. Enumerable.Range(0, 128).Select(value => new FuncType([], [(ValType)value]))];

    private static FuncType SingleResult(ValType value) => SingleResults[(int)value];

    private ReadOnlySpan<ValType> Label(int index)
    {
        Check((uint)index < (uint)frames.Count, "unknown label");
        return frames[^(index + 1)].LabelTypes;
    }

    private void Push(Opcode opcode, FuncType block)
    {
        frames.Add(new Frame(opcode, block, stack.Count, false));
        Push(block.Parameters);
    }

    private Frame Close()
    {
        Frame frame = frames[^1];
        Pop(frame.Type.Results);
        Check(stack.Count == frame.Height, "type mismatch: values remain on the stack at the end of the block");
        frames.RemoveAt(frames.Count - 1);
        return frame;
    }

    private void SetUnreachable()
    {
        Frame frame = frames[^1];
        stack.RemoveRange(frame.Height, stack.Count - frame.Height);
        frames[^1] = frame with { Unreachable = true };
    }

    private void Push(ReadOnlySpan<ValType> types)
    {
        foreach (ValType value in types) stack.Add(value);
    }

    private ValType Pop()
    {
        Frame frame = frames[^1];
        if (stack.Count == frame.Height)
        {
            Check(frame.Unreachable, "type mismatch: not enough operands");
            return Unknown;
        }

        ValType top = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private void Pop(ValType expected)
    {
        ValType actual = Pop();
        if (actual != expected && actual != Unknown)
            throw new WasmException($"type mismatch: expected {expected.Name()} but found {actual.Name()}", offset);
    }

    private void Pop(ReadOnlySpan<ValType> types)
    {
        for (int i = types.Length - 1; i >= 0; i--) Pop(types[i]);
    }

    private void Check(bool condition, string message)
    {
        if (!condition) throw new WasmException(message, offset);
    }
}
