using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

/// <summary>A decoded method signature.</summary>
internal sealed record MethodSig(bool HasThis, TypeDesc Return, TypeDesc[] Parameters, bool IsUnmanaged)
{
    public bool SameAs(MethodSig other) =>
        Return == other.Return && Parameters.AsSpan().SequenceEqual(other.Parameters);
}

/// <summary>A field of a concrete type.</summary>
internal sealed class FieldDesc
{
    private TypeDesc? _type;

    public FieldDesc(TypeDesc owner, FieldDefinitionHandle handle)
    {
        Owner = owner;
        Handle = handle;
        var definition = owner.Module!.Reader.GetFieldDefinition(handle);
        Name = owner.Module.Reader.GetString(definition.Name);
        Attributes = definition.Attributes;
        ExplicitOffset = definition.GetOffset();
        Rva = definition.GetRelativeVirtualAddress();
    }

    public TypeDesc Owner { get; }

    public FieldDefinitionHandle Handle { get; }

    public string Name { get; }

    public FieldAttributes Attributes { get; }

    public int ExplicitOffset { get; }

    public int Rva { get; }

    public bool IsStatic => (Attributes & FieldAttributes.Static) != 0;

    public bool IsLiteral => (Attributes & FieldAttributes.Literal) != 0;

    public bool IsInitOnly => (Attributes & FieldAttributes.InitOnly) != 0;

    public TypeDesc Type => _type ??= Owner.Module!.Reader.GetFieldDefinition(Handle)
        .DecodeSignature(Owner.Context.SignatureProvider(Owner.Module), new GenericContext(Owner.Arguments, []));

    /// <summary>Bytes from the start of the struct, or from the object pointer for classes.</summary>
    public int Offset => Owner.Layout.OffsetOf(this);

    public override string ToString() => Owner + "." + Name;
}

/// <summary>A method with all its generic parameters bound. Interned.</summary>
internal sealed class MethodDesc
{
    private MethodSig? _signature;
    private MethodBodyBlock? _body;
    private HashSet<string>? _attributeNames;

    public MethodDesc(TypeDesc owner, MethodDefinitionHandle handle, TypeDesc[] arguments)
    {
        Owner = owner;
        Handle = handle;
        Arguments = arguments;
        var definition = owner.Module!.Reader.GetMethodDefinition(handle);
        Name = owner.Module.Reader.GetString(definition.Name);
        Attributes = definition.Attributes;
        ImplAttributes = definition.ImplAttributes;
        Rva = definition.RelativeVirtualAddress;
    }

    public TypeDesc Owner { get; }

    public MethodDefinitionHandle Handle { get; }

    public TypeDesc[] Arguments { get; }

    public string Name { get; }

    public MethodAttributes Attributes { get; }

    public MethodImplAttributes ImplAttributes { get; }

    public int Rva { get; }

    public ModuleDesc Module => Owner.Module!;

    public GenericContext Generics => new(Owner.Arguments, Arguments);

    public bool IsStatic => (Attributes & MethodAttributes.Static) != 0;

    public bool IsVirtual => (Attributes & MethodAttributes.Virtual) != 0;

    public bool IsAbstract => (Attributes & MethodAttributes.Abstract) != 0;

    public bool IsFinal => (Attributes & MethodAttributes.Final) != 0;

    public bool IsNewSlot => (Attributes & MethodAttributes.NewSlot) != 0;

    public bool HasBody => Rva != 0;

    public bool AggressiveInlining => (ImplAttributes & MethodImplAttributes.AggressiveInlining) != 0;

    public bool NoInlining => (ImplAttributes & MethodImplAttributes.NoInlining) != 0;

    public bool TailCalls => HasAttribute("Gantry.WasmTailCallsAttribute");

    /// <summary>Calls of it are seldom reached.</summary>
    public bool IsSeldom => HasAttribute("Gantry.WasmSeldomAttribute");

    /// <summary>How many consecutive entries of the module's table it gets where its address is taken.</summary>
    public int TableEntries =>
        AttributeStrings("Gantry.WasmTableEntriesAttribute") is [var count] && int.TryParse(count, CultureInfo.InvariantCulture, out var entries) ? Math.Max(entries, 1) : 1;

    public MethodSig Signature => _signature ??= Decode();

    /// <summary>The source locations of its IL, once <see cref="Diagnostics.SourceLocator"/> has read them.</summary>
    public (int Offset, Diagnostics.SourceLocation Location)[]? SequencePoints { get; set; }

    public MethodBodyBlock Body => _body ??= Module.Image.GetMethodBody(Rva);

    public int GenericParameterCount => Module.Reader.GetMethodDefinition(Handle).GetGenericParameters().Count;

    private MethodSig Decode()
    {
        var signature = Module.Reader.GetMethodDefinition(Handle).DecodeSignature(Owner.Context.SignatureProvider(Module), Generics);
        return new MethodSig(signature.Header.IsInstance, signature.ReturnType, [.. signature.ParameterTypes], false);
    }

    /// <summary>The same method with other method type arguments.</summary>
    public MethodDesc Instantiate(TypeDesc[] arguments) => Owner.Context.GetMethod(Owner, Handle, arguments);

    public bool HasAttribute(string fullName)
    {
        if (_attributeNames == null)
        {
            _attributeNames = [];
            foreach (var handle in Module.Reader.GetMethodDefinition(Handle).GetCustomAttributes())
                _attributeNames.Add(Owner.Context.AttributeTypeName(Module, Module.Reader.GetCustomAttribute(handle)));
        }

        return _attributeNames.Contains(fullName);
    }

    /// <summary>The string arguments of an attribute's constructor, or null when the method does not carry it.</summary>
    public string[]? AttributeStrings(string fullName) =>
        HasAttribute(fullName) ? Owner.Context.AttributeStrings(Module, Module.Reader.GetMethodDefinition(Handle).GetCustomAttributes(), fullName) : null;

    public override string ToString()
    {
        var name = Owner + "." + Name;
        return Arguments.Length == 0 ? name : name + "<" + string.Join(", ", Arguments.Select(a => a.ToString())) + ">";
    }
}
