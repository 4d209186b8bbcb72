using System.Buffers.Binary;
using System.Text;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>Puts functions, data and tables together into one module (docs/compiler.md, "Memory layout").</summary>
internal sealed partial class ModuleBuilder(CompilationUnit unit)
{
    /// <summary>First address of data. Nothing is below it, so that null pointers with field offsets hit no object.</summary>
    public const int DataStart = 16 * 1024;

    /// <summary>Index of the global that holds the shadow stack's pointer.</summary>
    public const int StackPointer = 0;

    /// <summary>Index of the global that holds the address of the last trap's record.</summary>
    public const int TrapGlobal = 1;

    /// <summary>Names of what every module exports.</summary>
    public static readonly string[] ReservedExports = ["memory", "table", "trap_message", "__stack_pointer", "__heap_base", "__static_constructors"];

    /// <summary>Stands for the trap function in calls.</summary>
    public static readonly object TrapFunction = new();

    private readonly Module _module = new();
    private readonly Dictionary<object, int> _functionIndex = [];
    private readonly List<MethodDesc> _tableEntries = [];
    private readonly Dictionary<MethodDesc, int> _tableIndex = [];
    private readonly Dictionary<string, DataSymbol> _trapRecords = [];
    private readonly Dictionary<int, string> _functionNames = [];

    public DataSymbol StackLimit { get; } = new("__stack_limit", 0, 16);

    public DataSymbol HeapBase => unit.HeapBase;

    public int StackSize => unit.Options.StackSize;

    public DataSymbol TrapRecord(TrapInfo trap)
    {
        if (_trapRecords.TryGetValue(trap.Text, out var record))
            return record;
        var text = Encoding.UTF8.GetBytes(trap.Text);
        var bytes = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 4);
        return _trapRecords[trap.Text] = new DataSymbol("trap", bytes.Length, 4) { Bytes = bytes };
    }

    /// <summary>Gives all functions their numbers and fills the templates' data; what is wrong with which template.</summary>
    /// <param name="templates">Templates, lowered.</param>
    /// <param name="functions">All functions, lowered.</param>
    /// <param name="imports">Methods that are imports.</param>
    public List<(MethodDesc Method, string Problem)> WriteTemplates(IReadOnlyList<Function> templates, IReadOnlyList<Function> functions, IReadOnlyList<MethodDesc> imports)
    {
        NumberFunctions(functions, imports);
        var problems = new List<(MethodDesc Method, string Problem)>();
        foreach (var template in templates)
        {
            var emitter = new Emitter(this, template);
            Compilation.OnMethod(template, emitter.Run);
            var writer = new TemplateWriter((to, instr) => Encode(to, instr), TableIndex, method => CallingConvention.TypeOf(method.Signature));
            if (writer.Write(unit.Template(template.Method!), emitter.Code, emitter.Locals, template.Type) is { } problem)
                problems.Add((template.Method!, problem));
        }

        return problems;
    }

    /// <summary>Builds the module.</summary>
    /// <param name="functions">All functions, lowered.</param>
    /// <param name="exports">Exported methods by name.</param>
    /// <param name="start">Static constructors in the order they must run.</param>
    /// <param name="tables">Method tables.</param>
    public byte[] Build(IReadOnlyList<Function> functions, IReadOnlyList<(string Name, MethodDesc Method)> exports, IReadOnlyList<MethodDesc> start, VirtualTables tables)
    {
        var emitters = new List<Emitter>();
        foreach (var function in functions)
        {
            var emitter = new Emitter(this, function);
            Compilation.OnMethod(function, emitter.Run);
            emitters.Add(emitter);
        }

        FillMethodTables(tables);
        var symbols = CollectSymbols(emitters);
        LayOut(symbols);
        for (var i = 0; i < functions.Count; i++)
            AddFunction(functions[i].Type, emitters[i].Locals, emitters[i].Code);
        AddSupportFunctions(start);
        AddMemoryAndGlobals(symbols);
        foreach (var (name, method) in exports)
            _module.Exports.Add(new Export(name, ExternKind.Function, _functionIndex[method]));
        AddTable();
        return Finish();
    }

    private void NumberFunctions(IReadOnlyList<Function> functions, IReadOnlyList<MethodDesc> imports)
    {
        foreach (var import in imports)
        {
            var names = import.AttributeStrings("Gantry.WasmImportAttribute")!;
            var index = _functionIndex.Count;
            _functionIndex[import] = index;
            _functionNames[index] = import.ToString();
            _module.Imports.Add(Gantry.Wasm.Import.OfFunction(names[0], names[1], _module.TypeIndex(CallingConvention.TypeOf(import.Signature))));
        }

        foreach (var function in functions)
        {
            _functionNames[_functionIndex.Count] = function.Name;
            _functionIndex[function.Method!] = _functionIndex.Count;
        }

        _functionNames[_functionIndex.Count] = "trap";
        _functionIndex[TrapFunction] = _functionIndex.Count;
    }

    private int TableIndex(MethodDesc method)
    {
        if (!_tableIndex.TryGetValue(method, out var index))
        {
            // Entry 0 stays empty, so that a null function pointer traps.
            _tableIndex[method] = index = _tableEntries.Count + 1;
            for (var count = method.TableEntries; count > 0; count--)
                _tableEntries.Add(method);
        }

        return index;
    }

    private void FillMethodTables(VirtualTables tables)
    {
        foreach (var type in tables.Allocated)
        {
            var symbol = tables.MethodTable(type);
            symbol.Bytes = new byte[tables.TableSize];
            foreach (var declaration in tables.Declarations)
            {
                if (tables.OnlyImplementation(declaration) != null || tables.Implementation(type, declaration) is not { } method)
                    continue;
                BinaryPrimitives.WriteInt32LittleEndian(symbol.Bytes.AsSpan(4 * tables.ColumnOf(declaration)), TableIndex(method));
            }
        }
    }

    private List<DataSymbol> CollectSymbols(List<Emitter> emitters)
    {
        var seen = new HashSet<DataSymbol>();
        var list = new List<DataSymbol>();
        foreach (var emitter in emitters)
        {
            foreach (var instr in emitter.Code)
            {
                if (instr.Aux is DataSymbol symbol)
                    Collect(symbol, seen, list);
            }
        }

        return list;
    }

    private static void Collect(DataSymbol symbol, HashSet<DataSymbol> seen, List<DataSymbol> list)
    {
        if (!seen.Add(symbol))
            return;
        list.Add(symbol);
        foreach (var (_, target, _) in symbol.Relocations)
            Collect(target, seen, list);
    }

    /// <summary>Addresses: constants, then zeroed statics, then the shadow stack, then the heap.</summary>
    private void LayOut(List<DataSymbol> symbols)
    {
        var address = DataStart;
        symbols.Remove(StackLimit);
        symbols.Remove(HeapBase);
        foreach (var symbol in symbols.Where(s => s.Bytes != null).Concat(symbols.Where(s => s.Bytes == null)))
        {
            address = LayoutBuilder.Align(address, Math.Max(1, symbol.Alignment));
            symbol.Address = address;
            address += symbol.Bytes?.Length ?? symbol.Size;
        }

        address = LayoutBuilder.Align(address, 16);
        StackLimit.Address = address;
        HeapBase.Address = address + unit.Options.StackSize;
    }

    private void AddFunction(FuncType type, List<ValType> locals, List<Out> code)
    {
        var groups = new List<LocalGroup>();
        foreach (var local in locals)
        {
            if (groups.Count > 0 && groups[^1].Type == local)
                groups[^1] = groups[^1] with { Count = groups[^1].Count + 1 };
            else
                groups.Add(new LocalGroup(1, local));
        }

        var writer = new CodeWriter();
        var lines = new List<(int Offset, SourcePosition Position)>();
        var hints = new List<BranchHint>();
        foreach (var instr in code)
        {
            if (instr.Position.Method != null && (lines.Count == 0 || lines[^1].Position != instr.Position))
                lines.Add((writer.Length, instr.Position));
            if (instr.Taken is { } taken)
                hints.Add(new BranchHint(writer.Length, taken));
            Encode(writer, instr);
        }

        _hints.Add(hints);
        _lineTables.Add(lines);
        _module.Functions.Add(new Gantry.Wasm.Function(_module.TypeIndex(type), groups, writer.ToArray()));
    }

    private void Encode(CodeWriter writer, in Out instr)
    {
        var info = OpcodeTable.Find(instr.Code)!;
        switch (info.Immediate)
        {
            case Immediate.None:
                writer.Op(instr.Code);
                break;
            case Immediate.I32:
                writer.I32Const(instr.Aux switch
                {
                    DataSymbol symbol => symbol.Address + (int)instr.Imm,
                    MethodDesc method => TableIndex(method),
                    _ => (int)instr.Imm,
                });
                break;
            case Immediate.I64:
                writer.I64Const(instr.Imm);
                break;
            case Immediate.F32:
                writer.Op(instr.Code);
                BinaryPrimitives.WriteInt32LittleEndian(writer.Append(4), (int)instr.Imm);
                break;
            case Immediate.F64:
                writer.Op(instr.Code);
                BinaryPrimitives.WriteInt64LittleEndian(writer.Append(8), instr.Imm);
                break;
            case Immediate.V128:
                writer.V128Const(instr.Wide);
                break;
            case Immediate.Shuffle:
                writer.Op(instr.Code);
                BinaryPrimitives.WriteUInt128LittleEndian(writer.Append(16), instr.Wide);
                break;
            case Immediate.Lane:
                writer.Lane(instr.Code, (byte)instr.Imm);
                break;
            case Immediate.Memory:
                writer.Access(instr.Code, (uint)(instr.Imm + (instr.Aux is DataSymbol s ? s.Address : 0)));
                break;
            case Immediate.BlockType:
                writer.Op(instr.Code, new BlockType(instr.Imm));
                break;
            case Immediate.BranchTable:
                var labels = (int[])instr.Aux!;
                writer.BrTable(labels.AsSpan(0, labels.Length - 1), labels[^1]);
                break;
            case Immediate.Function:
                writer.Op(instr.Code, _functionIndex[instr.Aux!]);
                break;
            case Immediate.CallIndirect:
                writer.Op(instr.Code, _module.TypeIndex((FuncType)instr.Aux!));
                writer.Index(0);
                break;
            case Immediate.MemoryCopy:
                writer.Op(instr.Code);
                writer.Byte(0);
                writer.Byte(0);
                break;
            case Immediate.MemoryIndex:
                writer.Op(instr.Code);
                writer.Byte(0);
                break;
            default:
                writer.Op(instr.Code, (int)instr.Imm);
                break;
        }
    }

    private void AddSupportFunctions(IReadOnlyList<MethodDesc> start)
    {
        var none = new FuncType([], []);
        AddFunction(new FuncType([ValType.I32], []), [], [
            new Out { Code = Opcode.LocalGet }, new Out { Code = Opcode.GlobalSet, Imm = TrapGlobal }, new Out { Code = Opcode.Unreachable }, new Out { Code = Opcode.End }]);
        var next = _functionIndex.Count;
        _functionNames[next] = "trap_message";
        _module.Exports.Add(new Export("trap_message", ExternKind.Function, next));
        AddFunction(new FuncType([], [ValType.I32, ValType.I32]), [], [
            new Out { Code = Opcode.GlobalGet, Imm = TrapGlobal }, new Out { Code = Opcode.I32Const, Imm = 4 }, new Out { Code = Opcode.I32Add },
            new Out { Code = Opcode.GlobalGet, Imm = TrapGlobal }, new Out { Code = Opcode.I32Load }, new Out { Code = Opcode.End }]);
        if (start.Count == 0)
            return;
        next++;
        _functionNames[next] = "static constructors";
        var code = start.Select(m => new Out { Code = Opcode.Call, Aux = m }).ToList();
        code.Add(new Out { Code = Opcode.End });
        AddFunction(none, [], code);
        _module.Start = next;
        _module.Exports.Add(new Export("__static_constructors", ExternKind.Function, next));
    }

    private void AddMemoryAndGlobals(List<DataSymbol> symbols)
    {
        _module.Memories.Add(new Limits((uint)((HeapBase.Address + 65535) / 65536), unit.Options.MaximumPages));
        _module.Exports.Add(new Export("memory", ExternKind.Memory, 0));
        _module.Globals.Add(new Global(new GlobalType(ValType.I32, true), ConstExpr.I32(HeapBase.Address)));
        _module.Globals.Add(new Global(new GlobalType(ValType.I32, true), ConstExpr.I32(0)));
        _module.Globals.Add(new Global(new GlobalType(ValType.I32, false), ConstExpr.I32(HeapBase.Address)));
        _module.Exports.Add(new Export("__stack_pointer", ExternKind.Global, StackPointer));
        _module.Exports.Add(new Export("__heap_base", ExternKind.Global, 2));
        var data = symbols.Where(s => s.Bytes != null).ToList();
        if (data.Count == 0)
            return;
        var image = new byte[data.Max(s => s.Address + s.Bytes!.Length) - DataStart];
        foreach (var symbol in data)
        {
            var at = image.AsSpan(symbol.Address - DataStart, symbol.Bytes!.Length);
            symbol.Bytes.CopyTo(at);
            foreach (var (offset, target, addend) in symbol.Relocations)
                BinaryPrimitives.WriteInt32LittleEndian(at[offset..], target.Address + addend);
        }

        AddDataSegments(image);
    }

    /// <summary>Runs of zeros are not written: memory is zero to begin with.</summary>
    private void AddDataSegments(byte[] image)
    {
        var start = 0;
        while (start < image.Length)
        {
            while (start < image.Length && image[start] == 0)
                start++;
            if (start == image.Length)
                return;
            var end = start;
            var zeros = 0;
            for (var i = start; i < image.Length && zeros < 16; i++)
            {
                zeros = image[i] == 0 ? zeros + 1 : 0;
                if (zeros == 0)
                    end = i + 1;
            }

            _module.Data.Add(DataSegment.Active(DataStart + start, image.AsMemory(start, end - start)));
            start = end;
        }
    }

    private void AddTable()
    {
        _module.Tables.Add(new TableType(ValType.FuncRef, new Limits((uint)_tableEntries.Count + 1)));
        _module.Exports.Add(new Export("table", ExternKind.Table, 0));
        if (_tableEntries.Count > 0)
            _module.Elements.Add(ElementSegment.ActiveFunctions(1, [.. _tableEntries.Select(m => _functionIndex[m])]));
    }
}
