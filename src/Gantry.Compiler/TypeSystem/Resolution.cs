using System.Reflection;
using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

/// <content>From metadata tokens to types, methods and fields.</content>
internal sealed partial class TypeSystemContext
{
    public TypeDesc ResolveType(ModuleDesc module, EntityHandle handle, GenericContext generics)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return GetType(module, (TypeDefinitionHandle)handle, []);
            case HandleKind.TypeReference:
                return ResolveTypeReference(module, (TypeReferenceHandle)handle);
            case HandleKind.TypeSpecification:
                return module.Reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(SignatureProvider(module), generics);
            default:
                throw new TypeSystemException($"unexpected {handle.Kind} where a type belongs");
        }
    }

    public TypeDesc ResolveTypeReference(ModuleDesc module, TypeReferenceHandle handle)
    {
        if (_closedTypes.TryGetValue((module, handle), out var known))
            return known;
        var (foundModule, foundHandle) = FindReference(module, handle);
        return _closedTypes[(module, handle)] = GetType(foundModule, foundHandle, []);
    }

    private (ModuleDesc Module, TypeDefinitionHandle Handle) FindReference(ModuleDesc module, TypeReferenceHandle handle)
    {
        var reader = module.Reader;
        var reference = reader.GetTypeReference(handle);
        var ns = reader.GetString(reference.Namespace);
        var name = reader.GetString(reference.Name);
        switch (reference.ResolutionScope.Kind)
        {
            case HandleKind.AssemblyReference:
                var assembly = reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
                var target = LoadAssembly(assembly) ?? throw new TypeSystemException($"assembly '{assembly}' was not found");
                return target.FindType(ns, name) ?? throw new TypeSystemException($"type '{ns}.{name}' was not found in '{assembly}'");
            case HandleKind.TypeReference:
                var (outerModule, outerHandle) = FindReference(module, (TypeReferenceHandle)reference.ResolutionScope);
                foreach (var nested in outerModule.Reader.GetTypeDefinition(outerHandle).GetNestedTypes())
                {
                    if (outerModule.Reader.StringComparer.Equals(outerModule.Reader.GetTypeDefinition(nested).Name, name))
                        return (outerModule, nested);
                }

                throw new TypeSystemException($"nested type '{name}' was not found");
            default:
                return module.FindType(ns, name) ?? throw new TypeSystemException($"type '{ns}.{name}' was not found");
        }
    }

    public MethodDesc ResolveMethod(ModuleDesc module, EntityHandle handle, GenericContext generics)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodDefinition:
                var definition = (MethodDefinitionHandle)handle;
                return GetMethod(GetType(module, module.Reader.GetMethodDefinition(definition).GetDeclaringType(), []), definition, []);
            case HandleKind.MethodSpecification:
                var specification = module.Reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                var arguments = specification.DecodeSignature(SignatureProvider(module), generics);
                return ResolveMember(module, specification.Method, generics, [.. arguments]);
            case HandleKind.MemberReference:
                return ResolveMember(module, handle, generics, []);
            default:
                throw new TypeSystemException($"unexpected {handle.Kind} where a method belongs");
        }
    }

    private MethodDesc ResolveMember(ModuleDesc module, EntityHandle handle, GenericContext generics, TypeDesc[] arguments)
    {
        if (handle.Kind == HandleKind.MethodDefinition)
        {
            var definition = (MethodDefinitionHandle)handle;
            return GetMethod(GetType(module, module.Reader.GetMethodDefinition(definition).GetDeclaringType(), []), definition, arguments);
        }

        var reference = module.Reader.GetMemberReference((MemberReferenceHandle)handle);
        var name = module.Reader.GetString(reference.Name);
        if (reference.Parent.Kind == HandleKind.MethodDefinition)
            return ResolveMethod(module, reference.Parent, generics);
        var owner = ResolveType(module, reference.Parent, generics);
        if (owner.Module == null)
            throw new TypeSystemException($"{owner}.{name}: only one-dimensional arrays are compiled");
        for (var type = owner; type != null; type = type.BaseType)
        {
            foreach (var candidate in type.Module!.Reader.GetTypeDefinition(type.Handle).GetMethods())
            {
                var candidateDefinition = type.Module.Reader.GetMethodDefinition(candidate);
                if (!type.Module.Reader.StringComparer.Equals(candidateDefinition.Name, name)
                    || candidateDefinition.GetGenericParameters().Count != arguments.Length)
                    continue;
                var method = GetMethod(type, candidate, arguments);
                // A reference's signature speaks in its owner's generic parameters.
                var expected = reference.DecodeMethodSignature(SignatureProvider(module), new GenericContext(type.Arguments, arguments));
                if (expected.Header.IsInstance == method.Signature.HasThis && expected.ReturnType == method.Signature.Return
                    && expected.ParameterTypes.AsSpan().SequenceEqual(method.Signature.Parameters))
                    return method;
            }
        }

        throw new TypeSystemException($"method '{owner}.{name}' was not found");
    }

    public FieldDesc ResolveField(ModuleDesc module, EntityHandle handle, GenericContext generics)
    {
        if (handle.Kind == HandleKind.FieldDefinition)
        {
            var definition = module.Reader.GetFieldDefinition((FieldDefinitionHandle)handle);
            var owner = GetType(module, definition.GetDeclaringType(), []);
            return owner.Fields.First(f => f.Handle == (FieldDefinitionHandle)handle);
        }

        if (handle.Kind != HandleKind.MemberReference)
            throw new TypeSystemException($"unexpected {handle.Kind} where a field belongs");
        var reference = module.Reader.GetMemberReference((MemberReferenceHandle)handle);
        var name = module.Reader.GetString(reference.Name);
        var type = ResolveType(module, reference.Parent, generics);
        for (var t = type; t != null; t = t.BaseType)
        {
            foreach (var field in t.Fields)
            {
                if (field.Name == name)
                    return field;
            }
        }

        throw new TypeSystemException($"field '{type}.{name}' was not found");
    }

    /// <summary>Finds the method that a type runs for a virtual or interface method, or null.</summary>
    public MethodDesc? FindImplementation(TypeDesc type, MethodDesc declaration)
    {
        if (declaration.Owner.Kind == TypeKind.Interface)
            return FindInterfaceImplementation(type, declaration);
        if (!declaration.IsVirtual)
            return declaration;
        for (var t = type; t != null; t = t.BaseType)
        {
            var explicitBody = FindMethodImpl(t, declaration);
            if (explicitBody != null)
                return explicitBody;
            if (t == declaration.Owner)
                return declaration;
            foreach (var method in t.Methods)
            {
                if (method.IsVirtual && !method.IsNewSlot && method.Name == declaration.Name && SameShape(method, declaration))
                    return WithArguments(method, declaration);
            }
        }

        return null;
    }

    private MethodDesc? FindInterfaceImplementation(TypeDesc type, MethodDesc declaration)
    {
        for (var t = type; t != null; t = t.BaseType)
        {
            var explicitBody = FindMethodImpl(t, declaration);
            if (explicitBody != null)
                return explicitBody;
            if (declaration.IsStatic && !t.Interfaces.Contains(declaration.Owner))
                continue;
            foreach (var method in t.Methods)
            {
                if (method.IsStatic == declaration.IsStatic && (method.IsVirtual || method.IsStatic) && method.Name == declaration.Name
                    && (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public && SameShape(method, declaration))
                    return WithArguments(method, declaration);
            }
        }

        // A more derived interface may give it a body; else its own default body.
        foreach (var candidate in type.Interfaces)
        {
            var body = candidate == declaration.Owner ? null : FindMethodImpl(candidate, declaration);
            if (body is { HasBody: true })
                return body;
        }

        return declaration.HasBody ? declaration : null;
    }

    private static MethodDesc WithArguments(MethodDesc method, MethodDesc declaration) =>
        method.Arguments.Length == declaration.Arguments.Length ? method : method.Instantiate(declaration.Arguments);

    private static bool SameShape(MethodDesc candidate, MethodDesc declaration)
    {
        if (candidate.GenericParameterCount != declaration.Arguments.Length)
            return false;
        return WithArguments(candidate, declaration).Signature.SameAs(declaration.Signature);
    }

    private MethodDesc? FindMethodImpl(TypeDesc type, MethodDesc declaration)
    {
        if (type.Module == null)
            return null;
        var reader = type.Module.Reader;
        foreach (var handle in reader.GetTypeDefinition(type.Handle).GetMethodImplementations())
        {
            var implementation = reader.GetMethodImplementation(handle);
            if (!NameMatches(reader, implementation.MethodDeclaration, declaration.Name))
                continue;
            var generics = new GenericContext(type.Arguments, declaration.Arguments);
            var declared = ResolveDeclaration(type.Module, implementation.MethodDeclaration, generics, declaration.Arguments);
            if (declared != declaration)
                continue;
            var bodyHandle = implementation.MethodBody;
            return bodyHandle.Kind == HandleKind.MethodDefinition
                ? GetMethod(type, (MethodDefinitionHandle)bodyHandle, declaration.Arguments)
                : ResolveMember(type.Module, bodyHandle, generics, declaration.Arguments);
        }

        return null;
    }

    private MethodDesc? ResolveDeclaration(ModuleDesc module, EntityHandle handle, GenericContext generics, TypeDesc[] arguments)
    {
        try
        {
            return ResolveMember(module, handle, generics, arguments);
        }
        catch (TypeSystemException)
        {
            return null;
        }
    }

    private static bool NameMatches(MetadataReader reader, EntityHandle handle, string name) => handle.Kind switch
    {
        HandleKind.MethodDefinition => reader.StringComparer.Equals(reader.GetMethodDefinition((MethodDefinitionHandle)handle).Name, name),
        HandleKind.MemberReference => reader.StringComparer.Equals(reader.GetMemberReference((MemberReferenceHandle)handle).Name, name),
        _ => false,
    };
}
