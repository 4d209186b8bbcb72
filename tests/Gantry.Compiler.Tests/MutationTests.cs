using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Gantry.Wasm;

namespace Gantry.Compiler.Tests;

/// <summary>Assemblies with bytes changed: the compiler makes a valid module or says what is wrong, and nothing else.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("corpus", 1, 150)]
    [InlineData("il", 2, 150)]
    public void Changed_method_bodies_give_a_valid_module_or_errors(string assembly, int seed, int count)
    {
        byte[] original = File.ReadAllBytes(DifferentialTests.PathOf(assembly));
        (int Start, int Length, string? Export)[] bodies = Bodies(original);
        string folder = Directory.CreateTempSubdirectory("gantry-mutants").FullName;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(typeof(WasmExportAttribute).Assembly.Location)!, "Gantry.*.dll"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        string path = Path.Combine(folder, Path.GetFileName(DifferentialTests.PathOf(assembly)));
        var random = new Random(seed);
        int compiled = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] mutant = [.. original];
            (int start, int length, string? export) = bodies[random.Next(bodies.Length)];
            for (int changes = random.Next(1, 4); changes > 0; changes--) mutant[start + random.Next(length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, mutant);
            CompilationResult result = Compilation.Run(new CompilationOptions { Input = path, Exports = export is null ? null : new HashSet<string> { export } });
            string text = string.Join('\n', result.Diagnostics);
            string what = $"seed {seed}, mutant {i} ({export}): {text}";
            Assert.True((result.Module is null) == (result.Diagnostics.Count > 0), what);
            Assert.False(text.Contains("   at ", StringComparison.Ordinal) || text.Contains("the compiler failed", StringComparison.Ordinal), what);
            if (result.Module is null) continue;
            compiled++;
            ModuleValidator.Validate(ModuleReader.Read(result.Module));
        }

        output.WriteLine($"{compiled} of {count} mutants compiled");
        Directory.Delete(folder, true);
    }

    // File offsets of the exported methods' code.
    private static (int Start, int Length, string? Export)[] Bodies(byte[] image)
    {
        using var pe = new PEReader(new MemoryStream(image));
        MetadataReader reader = pe.GetMetadataReader();
        var bodies = new List<(int, int, string?)>();
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            string? export = method.GetCustomAttributes().Select(reader.GetCustomAttribute).Select(attribute => attribute.DecodeNameOf(reader)).FirstOrDefault(name => name is not null);
            if (export is null) continue;
            SectionHeader section = pe.PEHeaders.SectionHeaders[pe.PEHeaders.GetContainingSectionIndex(method.RelativeVirtualAddress)];
            int offset = method.RelativeVirtualAddress - section.VirtualAddress + section.PointerToRawData;
            MethodBodyBlock body = pe.GetMethodBody(method.RelativeVirtualAddress);
            int header = (image[offset] & 3) == 2 ? 1 : 12;
            bodies.Add((offset + header, body.GetILReader().Length, export));
        }

        return [.. bodies];
    }
}

/// <summary>Reads the export's name out of its attribute.</summary>
file static class Attributes
{
    public static string? DecodeNameOf(this CustomAttribute attribute, MetadataReader reader)
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
