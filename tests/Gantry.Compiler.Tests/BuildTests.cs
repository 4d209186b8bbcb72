using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>The MSBuild target: a build leaves the module, a second one compiles nothing, a change compiles again.</summary>
public sealed class BuildTests
{
    [Fact]
    public void A_second_build_compiles_nothing()
    {
        string root = FindRoot();
        string folder = Path.Combine(root, "artifacts", "compiler-build-test");
        if (Directory.Exists(folder)) Directory.Delete(folder, true);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Sample.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><EnableDefaultCompileItems>false</EnableDefaultCompileItems></PropertyGroup>
              <ItemGroup><Compile Include="Sample.cs" /></ItemGroup>
              <ItemGroup><ProjectReference Include="{root}/src/Gantry.Annotations/Gantry.Annotations.csproj" /></ItemGroup>
              <Import Project="{root}/src/Gantry.Compiler/build/Gantry.Compiler.targets" />
            </Project>
            """);
        string source = Path.Combine(folder, "Sample.cs");
        File.WriteAllText(source, "namespace Sample;\n/// <summary>S</summary>\npublic static class S\n{\n    [Gantry.WasmExport(\"answer\")]\n    public static int Answer() => 42;\n}\n");
        Build(folder);
        string module = Directory.EnumerateFiles(Path.Combine(root, "artifacts", "bin", "Sample"), "Sample.wasm", SearchOption.AllDirectories).Single();
        Assert.Equal(42, Answer(module));
        DateTime written = File.GetLastWriteTimeUtc(module);

        Build(folder);
        Assert.Equal(written, File.GetLastWriteTimeUtc(module));

        File.WriteAllText(source, File.ReadAllText(source).Replace("42", "43", StringComparison.Ordinal));
        Build(folder);
        Assert.NotEqual(written, File.GetLastWriteTimeUtc(module));
        Assert.Equal(43, Answer(module));

        Directory.Delete(folder, true);
        Directory.Delete(Path.Combine(root, "artifacts", "bin", "Sample"), true);
    }

    private static int Answer(string module)
    {
        using var runner = new WasmtimeRunner(File.ReadAllBytes(module));
        return runner.Instance.GetFunction<int>("answer")!();
    }

    private static void Build(string folder)
    {
        string output = BuildOutput(folder);
        Assert.True(output.Contains("0 Error(s)", StringComparison.Ordinal), output);
    }

    // The compiler itself is up to date: these tests were built with it.
    private static string BuildOutput(string folder) =>
        JavaScriptRunner.Execute("dotnet", ["build", folder, "--nologo", "-v", "m", "-clp:Summary", "-p:RunAnalyzers=false", "-nodeReuse:false"], TimeSpan.FromMinutes(5));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Gantry.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests must run inside the repository");
    }
}
