using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.Import;

/// <summary>What <c>GetType()</c> of an object is known as: the address of its method table, to be compared with a <c>typeof</c>.</summary>
internal sealed record TypeOfObject(Instr MethodTable);

/// <summary>An entry of the IL evaluation stack.</summary>
internal sealed class Val(TypeDesc type, Instr[] parts, bool inMemory = false)
{
    public TypeDesc Type { get; } = type;

    /// <summary>The scalars; or one address of a private copy when <see cref="InMemory"/>.</summary>
    public Instr[] Parts { get; } = parts;

    public bool InMemory { get; } = inMemory;

    /// <summary>What is known of the value at compile time: a type (typeof), a field (ldtoken), a string, a method.</summary>
    public object? Known { get; init; }

    /// <summary>The exact class of a freshly made object.</summary>
    public bool IsExact { get; init; }

    /// <summary>The object cannot be null.</summary>
    public bool NotNull { get; init; }

    public Instr V => Parts.Length == 1 ? Parts[0] : throw new InvalidILException($"a {Type} where a number or a pointer is expected");
}
