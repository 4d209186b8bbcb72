using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

/// <summary>Thrown when metadata names something that cannot be found or has no place in the subset.</summary>
internal sealed class TypeSystemException(string message) : Exception(message);

/// <summary>Loads assemblies and interns types and methods.</summary>
internal sealed partial class TypeSystemContext
{
    private readonly List<string> _directories;
    private readonly string _frameworkDirectory;
    private readonly Dictionary<string, ModuleDesc?> _assemblies = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<TypeKey, TypeDesc> _types = [];
    private readonly Dictionary<MethodKey, MethodDesc> _methods = [];
    private readonly Dictionary<ModuleDesc, SignatureProvider> _providers = [];
    private readonly Dictionary<(ModuleDesc, EntityHandle), TypeDesc> _closedTypes = [];
    private readonly Dictionary<PrimitiveTypeCode, TypeDesc> _primitives = [];

    public TypeSystemContext(IEnumerable<string> directories, string frameworkDirectory)
    {
        _directories = [.. directories];
        _frameworkDirectory = frameworkDirectory;
        CoreLib = LoadAssembly("System.Private.CoreLib") ?? throw new TypeSystemException($"no System.Private.CoreLib in '{frameworkDirectory}'");
    }

    public ModuleDesc CoreLib { get; }

    /// <summary>Paths of the assemblies that were read, the shared framework's aside.</summary>
    public IReadOnlyList<string> LoadedFiles => [.. _assemblies.Values.OfType<ModuleDesc>().Where(m => !m.IsFramework).Select(m => m.Path)];

    public ModuleDesc LoadFile(string path)
    {
        var module = new ModuleDesc(this, path);
        _assemblies[module.Name] = module;
        return module;
    }

    public ModuleDesc? LoadAssembly(string name)
    {
        if (_assemblies.TryGetValue(name, out var module))
            return module;
        foreach (var directory in _directories)
        {
            var path = Path.Combine(directory, name + ".dll");
            if (File.Exists(path))
                return _assemblies[name] = new ModuleDesc(this, path) { IsFramework = false };
        }

        var framework = Path.Combine(_frameworkDirectory, name + ".dll");
        return _assemblies[name] = File.Exists(framework) ? new ModuleDesc(this, framework) { IsFramework = true } : null;
    }

    public SignatureProvider SignatureProvider(ModuleDesc module)
    {
        if (!_providers.TryGetValue(module, out var provider))
            _providers[module] = provider = new SignatureProvider(this, module);
        return provider;
    }

    public TypeDesc WellKnown(string ns, string name)
    {
        var found = CoreLib.FindType(ns, name) ?? throw new TypeSystemException($"no type {ns}.{name}");
        return GetType(found.Module, found.Handle, []);
    }

    public TypeDesc Primitive(PrimitiveTypeCode code)
    {
        if (_primitives.TryGetValue(code, out var type))
            return type;
        return _primitives[code] = WellKnown("System", code.ToString());
    }

    public TypeDesc Void => Primitive(PrimitiveTypeCode.Void);

    public TypeDesc Int32 => Primitive(PrimitiveTypeCode.Int32);

    public TypeDesc Int64 => Primitive(PrimitiveTypeCode.Int64);

    public TypeDesc IntPtr => Primitive(PrimitiveTypeCode.IntPtr);

    public TypeDesc Single => Primitive(PrimitiveTypeCode.Single);

    public TypeDesc Double => Primitive(PrimitiveTypeCode.Double);

    public TypeDesc Object => Primitive(PrimitiveTypeCode.Object);

    public TypeDesc String => Primitive(PrimitiveTypeCode.String);

    public TypeDesc PointerTo(TypeDesc element) => Constructed(TypeKind.Pointer, element);

    public TypeDesc ByRefTo(TypeDesc element) => Constructed(TypeKind.ByRef, element);

    public TypeDesc ArrayOf(TypeDesc element) => Constructed(TypeKind.Array, element);

    public TypeDesc Unsupported(TypeDesc element) => Constructed(TypeKind.Unsupported, element);

    public TypeDesc FunctionPointer(MethodSig signature)
    {
        var key = new TypeKey(TypeKind.FunctionPointer, null, default, [signature.Return, .. signature.Parameters]);
        if (!_types.TryGetValue(key, out var type))
            _types[key] = type = new TypeDesc { Context = this, Kind = TypeKind.FunctionPointer, FunctionSignature = signature, Id = _types.Count };
        return type;
    }

    private TypeDesc Constructed(TypeKind kind, TypeDesc element)
    {
        var key = new TypeKey(kind, null, default, [element]);
        if (!_types.TryGetValue(key, out var type))
            _types[key] = type = new TypeDesc { Context = this, Kind = kind, Element = element, Id = _types.Count };
        return type;
    }

    public MethodDesc GetMethod(TypeDesc owner, MethodDefinitionHandle handle, TypeDesc[] arguments)
    {
        var key = new MethodKey(owner, handle, arguments);
        if (!_methods.TryGetValue(key, out var method))
            _methods[key] = method = new MethodDesc(owner, handle, arguments);
        return method;
    }

    public TypeDesc GetType(ModuleDesc module, TypeDefinitionHandle handle, TypeDesc[] arguments)
    {
        var key = new TypeKey(TypeKind.Class, module, handle, arguments);
        if (_types.TryGetValue(key, out var type))
            return type;
        var reader = module.Reader;
        var definition = reader.GetTypeDefinition(handle);
        var name = reader.GetString(definition.Name);
        var ns = reader.GetString(definition.Namespace);
        for (var outer = definition.GetDeclaringType(); !outer.IsNil; outer = reader.GetTypeDefinition(outer).GetDeclaringType())
        {
            var outerDefinition = reader.GetTypeDefinition(outer);
            name = reader.GetString(outerDefinition.Name) + "+" + name;
            ns = reader.GetString(outerDefinition.Namespace);
        }

        var baseName = BaseName(reader, definition.BaseType);
        var isValueType = baseName is "System.ValueType" or "System.Enum" && !(ns == "System" && name == "Enum");
        PrimitiveTypeCode? primitive = null;
        if (ReferenceEquals(module, CoreLibOrNull(module)) && ns == "System" && Enum.TryParse<PrimitiveTypeCode>(name, out var code) && arguments.Length == 0 && code != PrimitiveTypeCode.TypedReference)
            primitive = code;
        type = new TypeDesc
        {
            Context = this,
            Kind = (definition.Attributes & System.Reflection.TypeAttributes.Interface) != 0 ? TypeKind.Interface : isValueType ? TypeKind.Struct : TypeKind.Class,
            Module = module,
            Handle = handle,
            Arguments = arguments,
            Namespace = ns,
            MetadataName = name,
            Primitive = primitive,
            Attributes = definition.Attributes,
            EnumUnderlying = baseName == "System.Enum" ? EnumType(module, definition) : null,
            Id = _types.Count,
        };
        return _types[key] = type;
    }

    private ModuleDesc? CoreLibOrNull(ModuleDesc module) => module.Name == "System.Private.CoreLib" ? module : null;

    private TypeDesc EnumType(ModuleDesc module, TypeDefinition definition)
    {
        foreach (var handle in definition.GetFields())
        {
            var field = module.Reader.GetFieldDefinition(handle);
            if ((field.Attributes & System.Reflection.FieldAttributes.Static) == 0)
                return field.DecodeSignature(SignatureProvider(module), new GenericContext([], []));
        }

        throw new TypeSystemException("enum without a value");
    }

    private static string BaseName(MetadataReader reader, EntityHandle handle)
    {
        if (handle.IsNil)
            return "";
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                var reference = reader.GetTypeReference((TypeReferenceHandle)handle);
                return reader.GetString(reference.Namespace) + "." + reader.GetString(reference.Name);
            case HandleKind.TypeDefinition:
                var definition = reader.GetTypeDefinition((TypeDefinitionHandle)handle);
                return reader.GetString(definition.Namespace) + "." + reader.GetString(definition.Name);
            default:
                return "";
        }
    }

    /// <summary>N of <c>[InlineArray(N)]</c>, or 0.</summary>
    public int InlineArrayLength(TypeDesc type)
    {
        var module = type.Module!;
        foreach (var handle in module.Reader.GetTypeDefinition(type.Handle).GetCustomAttributes())
        {
            var attribute = module.Reader.GetCustomAttribute(handle);
            if (AttributeTypeName(module, attribute) == "System.Runtime.CompilerServices.InlineArrayAttribute")
                return (int)attribute.DecodeValue(AttributeProvider.Instance).FixedArguments[0].Value!;
        }

        return 0;
    }

    public string AttributeTypeName(ModuleDesc module, CustomAttribute attribute)
    {
        var reader = module.Reader;
        var owner = attribute.Constructor.Kind == HandleKind.MemberReference
            ? reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent
            : (EntityHandle)reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType();
        return BaseName(reader, owner);
    }

    public string[]? AttributeStrings(ModuleDesc module, CustomAttributeHandleCollection attributes, string fullName)
    {
        foreach (var handle in attributes)
        {
            var attribute = module.Reader.GetCustomAttribute(handle);
            if (AttributeTypeName(module, attribute) == fullName)
                return [.. attribute.DecodeValue(AttributeProvider.Instance).FixedArguments.Select(a => a.Value?.ToString() ?? "")];
        }

        return null;
    }

    private readonly struct TypeKey(TypeKind kind, ModuleDesc? module, TypeDefinitionHandle handle, TypeDesc[] arguments) : IEquatable<TypeKey>
    {
        private readonly TypeKind _kind = kind;
        private readonly ModuleDesc? _module = module;
        private readonly TypeDefinitionHandle _handle = handle;
        private readonly TypeDesc[] _arguments = arguments;

        public bool Equals(TypeKey other) => _kind == other._kind && _module == other._module && _handle == other._handle
            && _arguments.AsSpan().SequenceEqual(other._arguments);

        public override bool Equals(object? obj) => obj is TypeKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(_kind);
            hash.Add(_handle);
            foreach (var argument in _arguments)
                hash.Add(argument.Id);
            return hash.ToHashCode();
        }
    }

    private readonly struct MethodKey(TypeDesc owner, MethodDefinitionHandle handle, TypeDesc[] arguments) : IEquatable<MethodKey>
    {
        private readonly TypeDesc _owner = owner;
        private readonly MethodDefinitionHandle _handle = handle;
        private readonly TypeDesc[] _arguments = arguments;

        public bool Equals(MethodKey other) => _owner == other._owner && _handle == other._handle && _arguments.AsSpan().SequenceEqual(other._arguments);

        public override bool Equals(object? obj) => obj is MethodKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(_owner.Id);
            hash.Add(_handle);
            foreach (var argument in _arguments)
                hash.Add(argument.Id);
            return hash.ToHashCode();
        }
    }
}
