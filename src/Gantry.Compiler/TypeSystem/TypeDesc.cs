using System.Reflection;
using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

internal enum TypeKind
{
    Struct,
    Class,
    Interface,
    Pointer,
    ByRef,
    Array,
    FunctionPointer,
    /// <summary>Multi-dimensional arrays and whatever else is named but never compiled.</summary>
    Unsupported,
}

/// <summary>How a value of a type is held: one WebAssembly value, or a struct in memory.</summary>
internal enum Repr
{
    Void,
    I8,
    U8,
    I16,
    U16,
    I32,
    I64,
    F32,
    F64,
    V128,
    Struct,
}

/// <summary>A concrete type: no generic parameter is left open. Interned, so reference equality is type identity.</summary>
internal sealed class TypeDesc
{
    private FieldDesc[]? _fields;
    private Layout? _layout;
    private TypeDesc? _base;
    private bool _baseKnown;
    private TypeDesc[]? _interfaces;
    private MethodDesc[]? _methods;

    public required TypeSystemContext Context { get; init; }

    public required TypeKind Kind { get; init; }

    public ModuleDesc? Module { get; init; }

    public TypeDefinitionHandle Handle { get; init; }

    /// <summary>Generic arguments, outermost type's first.</summary>
    public TypeDesc[] Arguments { get; init; } = [];

    /// <summary>Pointee, referent or element.</summary>
    public TypeDesc? Element { get; init; }

    public MethodSig? FunctionSignature { get; init; }

    public string Namespace { get; init; } = "";

    /// <summary>Metadata name without namespace (with enclosing types, '+'-separated, and arity).</summary>
    public string MetadataName { get; init; } = "";

    public PrimitiveTypeCode? Primitive { get; init; }

    /// <summary>The enum's underlying type.</summary>
    public TypeDesc? EnumUnderlying { get; init; }

    public TypeAttributes Attributes { get; init; }

    public int Id { get; init; }

    public bool IsDefinition => Module != null;

    public bool IsVoid => Primitive == PrimitiveTypeCode.Void;

    public bool IsValueType => Kind == TypeKind.Struct;

    public bool IsReference => Kind is TypeKind.Class or TypeKind.Interface or TypeKind.Array;

    public bool IsEnum => EnumUnderlying != null;

    public bool IsAbstract => (Attributes & TypeAttributes.Abstract) != 0;

    public bool IsSealed => (Attributes & TypeAttributes.Sealed) != 0;

    public bool IsBeforeFieldInit => (Attributes & TypeAttributes.BeforeFieldInit) != 0;

    /// <summary>Namespace and metadata name, such as <c>System.Span`1</c>.</summary>
    public string FullMetadataName => Namespace.Length == 0 ? MetadataName : Namespace + "." + MetadataName;

    public bool Is(string ns, string name) => MetadataName == name && Namespace == ns;

    /// <summary>The type with enums replaced by what is under them.</summary>
    public TypeDesc Underlying => EnumUnderlying ?? this;

    public bool IsUnsigned => Underlying.Primitive is PrimitiveTypeCode.Byte or PrimitiveTypeCode.UInt16 or PrimitiveTypeCode.UInt32
        or PrimitiveTypeCode.UInt64 or PrimitiveTypeCode.UIntPtr or PrimitiveTypeCode.Char or PrimitiveTypeCode.Boolean
        || Kind is TypeKind.Pointer or TypeKind.ByRef or TypeKind.FunctionPointer;

    public Repr Repr => Kind switch
    {
        TypeKind.Struct => Underlying.Primitive switch
        {
            PrimitiveTypeCode.Void => Repr.Void,
            PrimitiveTypeCode.Boolean or PrimitiveTypeCode.Byte => Repr.U8,
            PrimitiveTypeCode.SByte => Repr.I8,
            PrimitiveTypeCode.Int16 => Repr.I16,
            PrimitiveTypeCode.UInt16 or PrimitiveTypeCode.Char => Repr.U16,
            PrimitiveTypeCode.Int32 or PrimitiveTypeCode.UInt32 or PrimitiveTypeCode.IntPtr or PrimitiveTypeCode.UIntPtr => Repr.I32,
            PrimitiveTypeCode.Int64 or PrimitiveTypeCode.UInt64 => Repr.I64,
            PrimitiveTypeCode.Single => Repr.F32,
            PrimitiveTypeCode.Double => Repr.F64,
            _ => Is("System.Runtime.Intrinsics", "Vector128`1") ? Repr.V128 : Repr.Struct,
        },
        _ => Repr.I32,
    };

    public TypeDesc? BaseType
    {
        get
        {
            if (!_baseKnown)
            {
                _baseKnown = true;
                if (Kind == TypeKind.Array)
                {
                    _base = Context.WellKnown("System", "Array");
                }
                else if (Module != null)
                {
                    var handle = Module.Reader.GetTypeDefinition(Handle).BaseType;
                    _base = handle.IsNil ? null : Context.ResolveType(Module, handle, new GenericContext(Arguments, []));
                }
            }

            return _base;
        }
    }

    /// <summary>All interfaces the definition lists, and theirs.</summary>
    public TypeDesc[] Interfaces
    {
        get
        {
            if (_interfaces != null)
                return _interfaces;
            _interfaces = [];
            if (Module == null)
                return _interfaces;
            var set = new List<TypeDesc>();
            foreach (var handle in Module.Reader.GetTypeDefinition(Handle).GetInterfaceImplementations())
            {
                var type = Context.ResolveType(Module, Module.Reader.GetInterfaceImplementation(handle).Interface, new GenericContext(Arguments, []));
                if (!set.Contains(type))
                    set.Add(type);
                foreach (var inherited in type.Interfaces)
                {
                    if (!set.Contains(inherited))
                        set.Add(inherited);
                }
            }

            return _interfaces = [.. set];
        }
    }

    public FieldDesc[] Fields
    {
        get
        {
            if (_fields != null)
                return _fields;
            if (Module == null)
                return _fields = [];
            var list = new List<FieldDesc>();
            foreach (var handle in Module.Reader.GetTypeDefinition(Handle).GetFields())
                list.Add(new FieldDesc(this, handle));
            return _fields = [.. list];
        }
    }

    public MethodDesc[] Methods
    {
        get
        {
            if (_methods != null)
                return _methods;
            if (Module == null)
                return _methods = [];
            var list = new List<MethodDesc>();
            foreach (var handle in Module.Reader.GetTypeDefinition(Handle).GetMethods())
                list.Add(Context.GetMethod(this, handle, []));
            return _methods = [.. list];
        }
    }

    public MethodDesc? StaticConstructor => Methods.FirstOrDefault(m => m.Name == ".cctor");

    public Layout Layout => _layout ??= LayoutBuilder.Build(this);

    /// <summary>Bytes a variable of this type takes.</summary>
    public int Size => Repr switch
    {
        Repr.Void => 0,
        Repr.I8 or Repr.U8 => 1,
        Repr.I16 or Repr.U16 => 2,
        Repr.I32 or Repr.F32 => 4,
        Repr.I64 or Repr.F64 => 8,
        Repr.V128 => 16,
        _ => Layout.Size,
    };

    public int Alignment => Repr == Repr.Struct ? Layout.Alignment : Math.Max(1, Size);

    public bool IsAssignableTo(TypeDesc target)
    {
        if (this == target || target.Is("System", "Object"))
            return true;
        for (var type = this; type != null; type = type.BaseType)
        {
            if (type == target || type.Interfaces.Contains(target))
                return true;
        }

        return false;
    }

    /// <summary>Whether objects of this type are exceptions.</summary>
    public bool IsException
    {
        get
        {
            for (var type = this; type != null; type = type.BaseType)
            {
                if (type.Is("System", "Exception"))
                    return true;
            }

            return false;
        }
    }

    public bool IsDelegate => BaseType?.Is("System", "MulticastDelegate") == true;

    public override string ToString()
    {
        switch (Kind)
        {
            case TypeKind.Pointer: return Element + "*";
            case TypeKind.ByRef: return "ref " + Element;
            case TypeKind.Array: return Element + "[]";
            case TypeKind.FunctionPointer: return "delegate*<" + string.Join(", ", FunctionSignature!.Parameters.Append(FunctionSignature.Return).Select(p => p.ToString())) + ">";
        }

        var name = FullMetadataName.Replace('+', '.');
        if (Arguments.Length == 0)
            return name;
        var builder = new System.Text.StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] != '`')
            {
                builder.Append(name[i]);
                continue;
            }

            while (i + 1 < name.Length && char.IsDigit(name[i + 1]))
                i++;
        }

        return builder.Append('<').AppendJoin(", ", Arguments.Select(a => a.ToString())).Append('>').ToString();
    }
}

/// <summary>What generic parameters stand for.</summary>
internal readonly record struct GenericContext(TypeDesc[] TypeArguments, TypeDesc[] MethodArguments);
