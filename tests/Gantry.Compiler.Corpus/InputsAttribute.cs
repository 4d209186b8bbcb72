namespace Gantry.Compiler.Corpus;

/// <summary>The arguments of one call the tests make; without any, a method is called with edge values of its parameters' types.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class InputsAttribute(params object[] values) : Attribute
{
    /// <summary>The arguments.</summary>
    public object[] Values { get; } = values;
}
