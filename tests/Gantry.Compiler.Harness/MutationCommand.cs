using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Gantry.Wasm;

namespace Gantry.Compiler.Harness;

/// <summary>
/// Assemblies with some bytes of their methods' code changed: the compiler makes a valid module of one, or says what is wrong with the IL.
/// Whatever else it does, an internal error above all, is a mistake of its own.
/// </summary>
public static class MutationCommand
{
    /// <summary>Compiles mutants of an assembly.</summary>
    /// <param name="assembly">The assembly's path.</param>
    /// <param name="seed">Decides what is changed.</param>
    /// <param name="count">The number of mutants.</param>
    /// <param name="report">Takes one line for each mutant that went wrong.</param>
    /// <returns>How many mutants compiled to a module.</returns>
    public static int Run(string assembly, int seed, int count, Action<string> report)
    {
        byte[] original = File.ReadAllBytes(assembly);
        (int Start, int Length, string Export)[] bodies = Bodies(original);
        string folder = Directory.CreateTempSubdirectory("gantry-mutants").FullName;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(typeof(WasmExportAttribute).Assembly.Location)!, "Gantry.*.dll"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        string path = Path.Combine(folder, Path.GetFileName(assembly));
        var random = new Random(seed);
        int compiled = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = [.. original];
            (int start, int length, string export) = bodies[random.Next(bodies.Length)];
            // Neighbouring opcodes are related, so a flipped bit leaves more code valid than a random byte.
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int at = start + random.Next(length);
                mutant[at] = (byte)(random.Next(2) == 0 ? random.Next(256) : mutant[at] ^ (1 << random.Next(8)));
            }

            File.WriteAllBytes(path, mutant);
            CompilationResult result = Compilation.Run(new CompilationOptions { Input = path, Exports = new HashSet<string> { export } });
            if (result.Module is not null) compiled++;
            if (Problem(result) is { } problem) report(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, mutant {i} ({export}): {problem}"));
        }

        Directory.Delete(folder, true);
        return compiled;
    }

    private static string? Problem(CompilationResult result)
    {
        string text = string.Join('\n', result.Diagnostics);
        if (result.Diagnostics.Any(diagnostic => diagnostic.IsInternal) || text.Contains("   at ", StringComparison.Ordinal)) return text;
        if (result.Module is null) return result.Diagnostics.Count > 0 ? null : "neither a module nor an error";
        if (result.Diagnostics.Count > 0) return "a module and errors: " + text;
        try
        {
            ModuleValidator.Validate(ModuleReader.Read(result.Module));
            return null;
        }
        catch (WasmException exception)
        {
            return "the module is not valid: " + exception.Message;
        }
    }

    // File offsets of the exported methods' code.
    private static (int Start, int Length, string Export)[] Bodies(byte[] image)
    {
        using var pe = new PEReader(new MemoryStream(image));
        MetadataReader reader = pe.GetMetadataReader();
        var bodies = new List<(int, int, string)>();
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            string? export = method.GetCustomAttributes().Select(reader.GetCustomAttribute).Select(attribute => NameOf(attribute, reader)).FirstOrDefault(name => name is not null);
            if (export is null) continue;
            SectionHeader section = pe.PEHeaders.SectionHeaders[pe.PEHeaders.GetContainingSectionIndex(method.RelativeVirtualAddress)];
            int offset = method.RelativeVirtualAddress - section.VirtualAddress + section.PointerToRawData;
            MethodBodyBlock body = pe.GetMethodBody(method.RelativeVirtualAddress);
            int header = (image[offset] & 3) == 2 ? 1 : 12;
            bodies.Add((offset + header, body.GetILReader().Length, export));
        }

        return [.. bodies];
    }

    private static string? NameOf(CustomAttribute attribute, MetadataReader reader)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference) return null;
        MemberReference constructor = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        if (constructor.Parent.Kind != HandleKind.TypeReference) return null;
        if (reader.GetString(reader.GetTypeReference((TypeReferenceHandle)constructor.Parent).Name) != nameof(WasmExportAttribute)) return null;
        BlobReader value = reader.GetBlobReader(attribute.Value);
        value.ReadUInt16();
        return value.ReadSerializedString();
    }
}
