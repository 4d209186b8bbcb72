using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

/// <summary>Decodes signatures straight to concrete types: generic parameters are replaced while reading.</summary>
internal sealed class SignatureProvider(TypeSystemContext context, ModuleDesc module) : ISignatureTypeProvider<TypeDesc, GenericContext>
{
    public TypeDesc GetArrayType(TypeDesc elementType, ArrayShape shape) => context.Unsupported(elementType);

    public TypeDesc GetByReferenceType(TypeDesc elementType) => context.ByRefTo(elementType);

    public TypeDesc GetFunctionPointerType(MethodSignature<TypeDesc> signature) =>
        context.FunctionPointer(new MethodSig(signature.Header.IsInstance, signature.ReturnType, [.. signature.ParameterTypes], signature.Header.CallingConvention != SignatureCallingConvention.Default));

    public TypeDesc GetGenericInstantiation(TypeDesc genericType, ImmutableArray<TypeDesc> typeArguments) =>
        context.GetType(genericType.Module!, genericType.Handle, [.. typeArguments]);

    public TypeDesc GetGenericMethodParameter(GenericContext genericContext, int index) => genericContext.MethodArguments is { } a && index < a.Length
        ? a[index] : throw new TypeSystemException("open generic method");

    public TypeDesc GetGenericTypeParameter(GenericContext genericContext, int index) => genericContext.TypeArguments is { } a && index < a.Length
        ? a[index] : throw new TypeSystemException("open generic type");

    public TypeDesc GetModifiedType(TypeDesc modifier, TypeDesc unmodifiedType, bool isRequired) => unmodifiedType;

    public TypeDesc GetPinnedType(TypeDesc elementType) => elementType;

    public TypeDesc GetPointerType(TypeDesc elementType) => context.PointerTo(elementType);

    public TypeDesc GetPrimitiveType(PrimitiveTypeCode typeCode) => context.Primitive(typeCode);

    public TypeDesc GetSZArrayType(TypeDesc elementType) => context.ArrayOf(elementType);

    public TypeDesc GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        context.GetType(module, handle, []);

    public TypeDesc GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        context.ResolveTypeReference(module, handle);

    public TypeDesc GetTypeFromSpecification(MetadataReader reader, GenericContext genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
}

/// <summary>Decodes custom attributes; only strings and numbers are ever asked for.</summary>
internal sealed class AttributeProvider : ICustomAttributeTypeProvider<string>
{
    public static readonly AttributeProvider Instance = new();

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetSystemType() => "System.Type";

    public string GetSZArrayType(string elementType) => elementType + "[]";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => "";

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => "";

    public string GetTypeFromSerializedName(string name) => name;

    public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

    public bool IsSystemType(string type) => type == "System.Type";
}
