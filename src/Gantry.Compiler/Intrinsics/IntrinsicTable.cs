using Gantry.Compiler.Import;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler.Intrinsics;

/// <summary>Expands one call in place. Arguments are values; a result is pushed on the importer's stack.</summary>
/// <returns>False to compile the call as any other.</returns>
internal delegate bool Expander(Importer importer, MethodDesc method, Val[] args);

/// <summary>Base-library members that are not compiled from their IL: expanded in place, or replaced by the support library.</summary>
internal sealed class IntrinsicTable
{
    private readonly CompilationUnit _unit;
    private readonly Dictionary<string, Expander> _expanders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MethodDesc>> _replacements = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private bool _replacementsLoaded;

    public IntrinsicTable(CompilationUnit unit)
    {
        _unit = unit;
        PlatformIntrinsics.Register(_expanders);
        UnsafeIntrinsics.Register(_expanders);
        MathIntrinsics.Register(_expanders);
        MemoryIntrinsics.Register(_expanders);
        VectorIntrinsics.Register(_expanders);
    }

    /// <summary>Support types whose methods stand for base-library ones: [Replaces] says for whose.</summary>
    private static readonly string[] ReplacingTypes = ["NativeMemoryReplacement", "InterlockedReplacement", "MathReplacement"];

    public bool TryExpand(Importer importer, MethodDesc method, Val[] args)
    {
        if (PlatformIntrinsics.IsFeatureTest(method, out var supported))
        {
            importer.PushI32(importer.B.I32(supported ? 1 : 0));
            return true;
        }

        if (method.Owner.Is("System", "SR") && method.Name.StartsWith("get_", StringComparison.Ordinal))
        {
            importer.Push(importer.StringConstant(Resources.Text(method.Name[4..])));
            return true;
        }

        return Expand(importer, method, args);
    }

    /// <summary>Every member the tables know, and whether this compilation made use of the entry.</summary>
    public IReadOnlyDictionary<string, bool> Usage()
    {
        LoadReplacements();
        return _expanders.Keys.Concat(_replacements.Keys).Distinct().ToDictionary(name => name, _used.Contains);
    }

    /// <summary>Expands <c>new T(...)</c> of a struct.</summary>
    public bool TryExpandConstructor(Importer importer, MethodDesc constructor, Val[] args) => Expand(importer, constructor, args);

    private bool Expand(Importer importer, MethodDesc method, Val[] args)
    {
        if (!_expanders.TryGetValue(Key(method), out var expander) || !expander(importer, method, args))
            return false;
        _used.Add(Key(method));
        return true;
    }

    private static string Key(MethodDesc method) => method.Owner.FullMetadataName + "." + method.Name;

    /// <summary>The support library's method that is compiled instead, or null.</summary>
    public MethodDesc? Replacement(MethodDesc method)
    {
        if (!method.Module.IsFramework)
            return null;
        LoadReplacements();
        if (!_replacements.TryGetValue(Key(method), out var candidates))
            return null;
        foreach (var candidate in candidates)
        {
            if (candidate.GenericParameterCount != method.Arguments.Length)
                continue;
            var bound = method.Arguments.Length == 0 ? candidate : candidate.Instantiate(method.Arguments);
            if (!bound.Signature.SameAs(method.Signature) || bound.Signature.HasThis != method.Signature.HasThis)
                continue;
            _used.Add(Key(method));
            return bound;
        }

        return null;
    }

    private void LoadReplacements()
    {
        if (_replacementsLoaded)
            return;
        _replacementsLoaded = true;
        foreach (var candidate in ReplacingTypes.SelectMany(_unit.RuntimeMethods))
        {
            if (candidate.AttributeStrings("Gantry.Compiler.Runtime.ReplacesAttribute") is not { } names)
                continue;
            if (!_replacements.TryGetValue(names[0], out var list))
                _replacements[names[0]] = list = [];
            list.Add(candidate);
        }
    }

    /// <summary>The value of a static field that is a constant here, or null.</summary>
    public long? ConstantField(FieldDesc field)
    {
        if (field.Owner.Is("System", "BitConverter") && field.Name == "IsLittleEndian")
            return 1;
        if (field.Owner.Namespace == "System" && field.Owner.MetadataName is "IntPtr" or "UIntPtr" && field.Name == "Zero")
            return 0;
        return null;
    }

    /// <summary>What a method that only throws stands for: its name says which exception.</summary>
    public TrapInfo ThrowHelperTrap(MethodDesc method, MethodDesc caller)
    {
        var name = method.Name.StartsWith("Throw", StringComparison.Ordinal) ? method.Name[5..] : method.Name;
        var end = name.IndexOf("Exception", StringComparison.Ordinal);
        if (method.Name == "ThrowNegateTwosCompOverflow")
            return new TrapInfo("System.OverflowException", Resources.Text("Overflow_NegateTwosCompNum"), caller.ToString());
        var type = end >= 0 ? "System." + name[..(end + 9)] : method.Owner.IsException ? method.Owner.ToString() : "System.Exception";
        var message = type switch
        {
            "System.IndexOutOfRangeException" => "Index was outside the bounds of the array.",
            "System.ArgumentOutOfRangeException" => "Specified argument was out of the range of valid values.",
            "System.DivideByZeroException" => "Attempted to divide by zero.",
            "System.OverflowException" => Resources.Text("Arg_OverflowException"),
            _ => method.Owner.MetadataName == "ThrowHelper" ? name : method.ToString(),
        };
        return new TrapInfo(type, message, caller.ToString());
    }
}
