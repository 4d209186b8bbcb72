using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Gantry.Compiler.TypeSystem;

/// <summary>One loaded assembly: its metadata, its IL, and its portable PDB when there is one.</summary>
internal sealed class ModuleDesc
{
    private readonly Dictionary<(string Namespace, string Name), TypeDefinitionHandle> _typesByName = [];
    private readonly Dictionary<(string Namespace, string Name), ExportedTypeHandle> _forwarders = [];
    private bool _pdbLoaded;
    private MetadataReader? _pdb;

    public ModuleDesc(TypeSystemContext context, string path)
    {
        Context = context;
        Path = path;
        Image = new PEReader(ImmutableArray.Create(File.ReadAllBytes(path)));
        Reader = Image.GetMetadataReader();
        Name = Reader.GetString(Reader.GetAssemblyDefinition().Name);
        foreach (var handle in Reader.TypeDefinitions)
        {
            var type = Reader.GetTypeDefinition(handle);
            if (type.GetDeclaringType().IsNil)
                _typesByName[(Reader.GetString(type.Namespace), Reader.GetString(type.Name))] = handle;
        }

        foreach (var handle in Reader.ExportedTypes)
        {
            var type = Reader.GetExportedType(handle);
            if (type.IsForwarder)
                _forwarders[(Reader.GetString(type.Namespace), Reader.GetString(type.Name))] = handle;
        }
    }

    public TypeSystemContext Context { get; }

    public string Path { get; }

    public string Name { get; }

    public PEReader Image { get; }

    public MetadataReader Reader { get; }

    /// <summary>Whether this is part of the .NET shared framework and not the user's code.</summary>
    public bool IsFramework { get; init; }

    /// <summary>The portable PDB beside or inside the assembly, or null.</summary>
    public MetadataReader? Pdb
    {
        get
        {
            if (!_pdbLoaded)
            {
                _pdbLoaded = true;
                try
                {
                    if (Image.TryOpenAssociatedPortablePdb(Path, p => File.Exists(p) ? File.OpenRead(p) : null, out var provider, out _))
                        _pdb = provider?.GetMetadataReader();
                }
                catch (Exception e) when (e is BadImageFormatException or IOException)
                {
                    _pdb = null;
                }
            }

            return _pdb;
        }
    }

    /// <summary>Finds a top-level type here or where it is forwarded to.</summary>
    public (ModuleDesc Module, TypeDefinitionHandle Handle)? FindType(string ns, string name)
    {
        if (_typesByName.TryGetValue((ns, name), out var handle))
            return (this, handle);
        if (!_forwarders.TryGetValue((ns, name), out var exported))
            return null;
        var implementation = Reader.GetExportedType(exported).Implementation;
        if (implementation.Kind != HandleKind.AssemblyReference)
            return null;
        var reference = Reader.GetAssemblyReference((AssemblyReferenceHandle)implementation);
        return Context.LoadAssembly(Reader.GetString(reference.Name))?.FindType(ns, name);
    }
}
