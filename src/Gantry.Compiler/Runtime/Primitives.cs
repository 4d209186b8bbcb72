namespace Gantry.Compiler.Runtime;

/// <summary>Marks a support method as what is compiled instead of a base-library method of the same signature.</summary>
/// <param name="member">The replaced method: namespace, metadata name and method, such as <c>System.Math.BigMul</c>.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = false)]
internal sealed class ReplacesAttribute(string member) : Attribute
{
    /// <summary>The replaced method.</summary>
    public string Member { get; } = member;
}

/// <summary>What only the compiler knows. Every method is an intrinsic.</summary>
internal static class Primitives
{
    /// <summary>The first address after static data and stack.</summary>
    public static nuint HeapBase() => throw new NotSupportedException();

    /// <summary>The memory's size in pages of 64 KiB.</summary>
    public static nuint MemorySize() => throw new NotSupportedException();

    /// <summary>Grows the memory by some pages; -1 when the host refuses.</summary>
    public static nint MemoryGrow(nuint pages) => throw new NotSupportedException();
}
