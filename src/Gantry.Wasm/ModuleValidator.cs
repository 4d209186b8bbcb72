namespace Gantry.Wasm;

/// <summary>
/// Validates a module (core 3): what passes here, every engine that has core 2.0 and tail calls accepts. Module-level rules
/// are in this file, those of function bodies in <see cref="FunctionValidator"/>.
/// </summary>
public sealed class ModuleValidator
{
    private readonly Module module;
    private readonly HashSet<int> declaredFunctions = [];
    private readonly List<int> functionTypes = [];
    private readonly List<TableType> tables = [];
    private readonly List<GlobalType> globals = [];
    private readonly List<ValType> operands = [];
    private int memories;
    private int importedGlobals;

    private ModuleValidator(Module module) => this.module = module;

    /// <summary>The type index of every function, imports first.</summary>
    internal List<int> FunctionTypes => functionTypes;

    /// <summary>The type of every table, imports first.</summary>
    internal List<TableType> Tables => tables;

    /// <summary>The type of every global, imports first.</summary>
    internal List<GlobalType> Globals => globals;

    /// <summary>The number of memories.</summary>
    internal int Memories => memories;

    /// <summary>The module being validated.</summary>
    internal Module Module => module;

    /// <summary>Validates a module.</summary>
    /// <exception cref="WasmException">It is not valid.</exception>
    public static void Validate(Module module) => new ModuleValidator(module).ValidateAll();

    /// <summary>Reads and validates a binary.</summary>
    /// <param name="binary">The module's bytes.</param>
    /// <param name="error">What is wrong with them, or null.</param>
    /// <returns>Whether nothing is.</returns>
    public static bool TryValidate(ReadOnlyMemory<byte> binary, out WasmException? error)
    {
        try
        {
            Validate(ModuleReader.Read(binary));
            error = null;
            return true;
        }
        catch (WasmException exception)
        {
            error = exception;
            return false;
        }
    }

    /// <summary>Whether the function may be named by <c>ref.func</c> in a body: something outside bodies names it (C.refs).</summary>
    internal bool IsDeclared(int function) => declaredFunctions.Contains(function);

    /// <summary>
    /// Instructions that are constant (core 3.3.10, and the extended constant expressions that all engines have);
    /// <c>global.get</c> depends on the global.
    /// </summary>
    internal static bool IsConstant(Opcode opcode) => opcode is Opcode.I32Const or Opcode.I64Const or Opcode.F32Const
        or Opcode.F64Const or Opcode.V128Const or Opcode.RefNull or Opcode.RefFunc or Opcode.GlobalGet
        or Opcode.I32Add or Opcode.I32Sub or Opcode.I32Mul or Opcode.I64Add or Opcode.I64Sub or Opcode.I64Mul;

    private void ValidateAll()
    {
        foreach (Import import in module.Imports) AddImport(import);
        importedGlobals = globals.Count;
        foreach (Function function in module.Functions)
        {
            Check((uint)function.TypeIndex < (uint)module.Types.Count, "unknown type", function.CodeOffset);
            functionTypes.Add(function.TypeIndex);
        }

        tables.AddRange(module.Tables);
        memories += module.Memories.Count;
        foreach (TableType table in module.Tables) CheckTable(table);
        foreach (Limits memory in module.Memories) CheckMemory(memory);
        Check(memories <= 1, "multiple memories", 0);
        Check(tables.Count <= ImplementationLimits.Tables, "too many tables", 0);
        Check(functionTypes.Count <= ImplementationLimits.Functions, "too many functions", 0);
        foreach (Global global in module.Globals)
        {
            // An initialiser sees imported globals only (core 3.4.10).
            CheckConstant(global.Init, global.Type.Type);
            globals.Add(global.Type);
        }

        Check(globals.Count <= ImplementationLimits.Globals, "too many globals", 0);
        CheckExports();
        if (module.Start is int start)
        {
            Check((uint)start < (uint)functionTypes.Count, "unknown function", 0);
            FuncType type = module.Types[functionTypes[start]];
            Check(type.Parameters.IsEmpty && type.Results.IsEmpty, "start function must take and return nothing", 0);
        }

        foreach (ElementSegment element in module.Elements) CheckElement(element);
        foreach (DataSegment data in module.Data)
        {
            if (data.Mode != SegmentMode.Active) continue;
            Check((uint)data.Memory < (uint)memories, "unknown memory", data.Offset.CodeOffset);
            CheckConstant(data.Offset, ValType.I32);
        }

        var validator = new FunctionValidator(this);
        foreach (Function function in module.Functions) validator.Validate(function);
    }

    private void AddImport(Import import)
    {
        switch (import.Kind)
        {
            case ExternKind.Function:
                Check((uint)import.TypeIndex < (uint)module.Types.Count, "unknown type", 0);
                functionTypes.Add(import.TypeIndex);
                break;
            case ExternKind.Table:
                CheckTable(import.Table);
                tables.Add(import.Table);
                break;
            case ExternKind.Memory:
                CheckMemory(import.Memory);
                memories++;
                break;
            default:
                globals.Add(import.Global);
                break;
        }
    }

    private void CheckExports()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Export export in module.Exports)
        {
            Check(names.Add(export.Name), $"duplicate export name '{export.Name}'", 0);
            int count = export.Kind switch
            {
                ExternKind.Function => functionTypes.Count,
                ExternKind.Table => tables.Count,
                ExternKind.Memory => memories,
                _ => globals.Count,
            };
            Check((uint)export.Index < (uint)count, $"unknown {export.Kind} in export '{export.Name}'", 0);
            if (export.Kind == ExternKind.Function) declaredFunctions.Add(export.Index);
        }
    }

    private void CheckElement(ElementSegment element)
    {
        int offset = element.Offset.CodeOffset;
        if (element.Mode == SegmentMode.Active)
        {
            Check((uint)element.Table < (uint)tables.Count, "unknown table", offset);
            Check(tables[element.Table].Element == element.Type, "type mismatch between table and elements", offset);
            CheckConstant(element.Offset, ValType.I32);
        }

        foreach (int function in element.Functions ?? [])
        {
            Check((uint)function < (uint)functionTypes.Count, "unknown function", offset);
            declaredFunctions.Add(function);
        }

        foreach (ConstExpr expression in element.Expressions ?? []) CheckConstant(expression, element.Type);
    }

    private static void CheckTable(TableType table)
    {
        Check(table.Limits.Maximum is not uint maximum || table.Limits.Minimum <= maximum, "size minimum must not be greater than maximum", 0);
    }

    private static void CheckMemory(Limits limits)
    {
        uint maximum = limits.Maximum ?? ImplementationLimits.MemoryPages;
        Check(maximum <= ImplementationLimits.MemoryPages && limits.Minimum <= ImplementationLimits.MemoryPages, "memory size must be at most 65536 pages", 0);
        Check(limits.Minimum <= maximum, "size minimum must not be greater than maximum", 0);
    }

    private void CheckConstant(ConstExpr expression, ValType expected)
    {
        var reader = new InstructionReader(expression.Code.Span, expression.CodeOffset);
        operands.Clear();
        while (reader.Next())
        {
            if (reader.Opcode == Opcode.End)
            {
                Check(operands.Count == 1 && operands[0] == expected, $"type mismatch: constant expression is not of type {expected.Name()}", reader.Offset);
                Check(reader.NextPosition == expression.Code.Length, "instructions after end", reader.Offset);
                return;
            }

            Constant(ref reader);
        }

        throw new WasmException("end opcode expected", expression.CodeOffset + expression.Code.Length);
    }

    private void Constant(ref InstructionReader reader)
    {
        Check(IsConstant(reader.Opcode), "constant expression required", reader.Offset);
        switch (reader.Opcode)
        {
            case Opcode.GlobalGet:
                Check((uint)reader.Index < (uint)importedGlobals, "unknown global", reader.Offset);
                Check(!globals[reader.Index].IsMutable, "constant expression required", reader.Offset);
                operands.Add(globals[reader.Index].Type);
                break;
            case Opcode.RefFunc:
                Check((uint)reader.Index < (uint)functionTypes.Count, "unknown function", reader.Offset);
                declaredFunctions.Add(reader.Index);
                operands.Add(ValType.FuncRef);
                break;
            case Opcode.RefNull:
                operands.Add(reader.Type);
                break;
            default:
                FuncType type = reader.Info.Type!;
                int first = operands.Count - type.Parameters.Length;
                Check(first >= 0, "type mismatch: not enough operands", reader.Offset);
                for (int i = first; i < operands.Count; i++)
                    Check(operands[i] == type.Parameters[i - first], "type mismatch in constant expression", reader.Offset);
                operands.RemoveRange(first, operands.Count - first);
                operands.Add(type.Results[0]);
                break;
        }
    }

    private static void Check(bool condition, string message, int offset)
    {
        if (!condition) throw new WasmException(message, offset);
    }
}
