using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.CodeGen;

/// <summary>
/// Method tables of the classes that are made somewhere: one column for each virtual or interface method that is called
/// somewhere, one row (table) for each class.
/// </summary>
internal sealed class VirtualTables(CompilationUnit unit)
{
    private readonly Dictionary<MethodDesc, int> _columns = [];

    /// <summary>Classes of which objects are made.</summary>
    public HashSet<TypeDesc> Allocated { get; } = [];

    public IReadOnlyCollection<MethodDesc> Declarations => _columns.Keys;

    public bool AddDeclaration(MethodDesc declaration) => _columns.TryAdd(declaration, _columns.Count);

    public int ColumnOf(MethodDesc declaration) => _columns[declaration];

    public DataSymbol MethodTable(TypeDesc type) => unit.MethodTable(type);

    public int TableSize => Math.Max(4, 4 * _columns.Count);

    /// <summary>What a class runs for a declaration, or null.</summary>
    public MethodDesc? Implementation(TypeDesc type, MethodDesc declaration)
    {
        if (!type.IsAssignableTo(declaration.Owner))
            return null;
        var method = unit.Types.FindImplementation(type, declaration);
        return method is { IsAbstract: false, HasBody: true } ? unit.Intrinsics.Replacement(method) ?? method : null;
    }

    /// <summary>The one method that any receiver can run, or null.</summary>
    public MethodDesc? OnlyImplementation(MethodDesc declaration)
    {
        MethodDesc? only = null;
        foreach (var type in Allocated)
        {
            var method = Implementation(type, declaration);
            if (method == null || method == only)
                continue;
            if (only != null)
                return null;
            only = method;
        }

        return only;
    }
}
