namespace Gantry.Converter.Tests.Containers;

/// <summary>The dotnet tool: packed, installed from the package alone, and used where no source tree is.</summary>
public sealed class ToolPackageTests(ConvertedImages images)
{
    [Fact]
    public void TheInstalledToolConvertsRunsAndHasThePage()
    {
        var folder = Directory.CreateDirectory(Path.Combine(images.Folder, "tool")).FullName;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var project = Path.Combine(ConvertedImages.SourceTree, "src", "Gantry.Cli");
        Command.Run("dotnet", ["pack", project, "--no-build", "-c", configuration, "-o", Path.Combine(folder, "feed"), "--nologo"]).Expect(0);
        // The only feed: nothing may come from elsewhere.
        var sources = Path.Combine(folder, "nuget.config");
        File.WriteAllText(sources, "<configuration><packageSources><clear /><add key=\"local\" value=\"feed\" /></packageSources></configuration>");
        var installed = Path.Combine(folder, "bin");
        Command.Run("dotnet", ["tool", "install", "gantry", "--tool-path", installed, "--configfile", sources]).Expect(0);

        var gantry = Path.Combine(installed, "gantry");
        var module = Path.Combine(folder, "out.wasm");
        Command.Run(gantry, ["convert", images.SmallImage, module]).Expect(0);
        Assert.Equal("riscv64\n", Command.Run(gantry, ["run", "--no-stdin", module, "uname", "-m"]).Expect(0).Output);
        var site = Path.Combine(folder, "site");
        Command.Run(gantry, ["site", module, site]).Expect(0);
        Assert.True(File.Exists(Path.Combine(site, "index.html")));
    }
}
