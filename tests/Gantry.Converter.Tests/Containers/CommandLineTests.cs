using System.Text.Json;

namespace Gantry.Converter.Tests.Containers;

/// <summary>The gantry command: what it says about mistakes, and inspect.</summary>
public sealed class CommandLineTests(ConvertedImages images)
{
    [Theory]
    [InlineData("run /nowhere/x.wasm")]
    [InlineData("convert oci:/nowhere /tmp/out.wasm")]
    [InlineData("convert nosuchtransport:x /tmp/out.wasm")]
    [InlineData("inspect /etc/hostname")]
    [InlineData("convert --memory lots oci:/nowhere /tmp/out.wasm")]
    [InlineData("convert --platform a/b/c/d oci:/nowhere /tmp/out.wasm")]
    public void MistakesGetOneLineAndStatus125(string arguments)
    {
        var result = Gantry(arguments.Split(' ')).Expect(125);
        Assert.Single(result.Errors.Trim().Split('\n'));
        Assert.StartsWith("gantry: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void BadOptionsOfAModuleAreNamed()
    {
        Assert.Contains("-v", Gantry("run", "-v", "nonsense", images.Small).Expect(125).Errors, StringComparison.Ordinal);
        Assert.Contains("no folder", Gantry("run", "-v", "/nowhere:/x", images.Small).Expect(125).Errors, StringComparison.Ordinal);
        Assert.Contains("fixed when", Gantry("run", "-m", "1G", images.Small).Expect(125).Errors, StringComparison.Ordinal);
        Assert.Contains("user", Gantry("run", "-u", "nobodyknows", images.Small, "true").Expect(125).Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void InspectShowsWhatUmociWrote()
    {
        using var json = JsonDocument.Parse(Gantry("inspect", "--json", images.Small).Expect(0).Output);
        var container = json.RootElement.GetProperty("container");
        Assert.Equal("/bin/bash", container.GetProperty("cmd")[0].GetString());
        Assert.Equal("42", container.GetProperty("labels").GetProperty("org.example.answer").GetString());
        Assert.Equal("80/tcp", container.GetProperty("exposedPorts")[0].GetString());
        Assert.Equal("riscv64", json.RootElement.GetProperty("platform").GetProperty("architecture").GetString());
        Assert.StartsWith("6.1.", json.RootElement.GetProperty("machine").GetProperty("kernel").GetString(), StringComparison.Ordinal);
        using var image = JsonDocument.Parse(Gantry("inspect", "--json", images.SmallImage).Expect(0).Output);
        Assert.Equal(image.RootElement.GetProperty("digest").GetString(), json.RootElement.GetProperty("image").GetProperty("digest").GetString());
        Assert.Contains("snapshot", Gantry("inspect", images.Small).Expect(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("convert")]
    [InlineData("run")]
    [InlineData("inspect")]
    public void HelpHasExamples(string command) => Assert.Contains("Examples:", Gantry(command, "--help").Expect(0).Output, StringComparison.Ordinal);

    [Fact]
    public void AReadOnlyFolderStaysAsItWas()
    {
        var folder = Directory.CreateDirectory(Path.Combine(images.Folder, "readonly")).FullName;
        File.WriteAllText(Path.Combine(folder, "there"), "x");
        var result = Gantry("run", "-v", $"{folder}:/work:ro", images.Small, "sh", "-c", "cat /work/there; mount -o remount,rw /work; echo y > /work/file; rm /work/there");
        Assert.StartsWith("x", result.Output, StringComparison.Ordinal);
        Assert.Equal(["there"], Directory.GetFiles(folder).Select(Path.GetFileName));
    }

    private static Command.Result Gantry(params string[] arguments) => Command.Run("dotnet", [ConvertedImages.Tool, .. arguments]);
}
