using System.Text.Json;
using System.Xml.Linq;
using Gantry.Converter.Tests.Containers;

namespace Gantry.Converter.Tests;

/// <summary>THIRD-PARTY.md names every package the project asks for, in its version, and the shipped ones with their licence.</summary>
public sealed class NoticesTests
{
    private const int MostColumns = 5;

    [Fact]
    public void EveryPackageIsNamedInItsVersion()
    {
        var wanted = NuGetPackages().Concat(NpmPackages()).Concat(BundledNpmPackages().Select(p => (p.Name, p.Version))).Order().Distinct().ToList();
        Assert.Equal(wanted, Rows().Select(row => (row[0], row[1])).Where(row => row.Item1 != "Spectre.Console.Ansi").Order());
        Assert.All(BundledNpmPackages(), package => Assert.Contains(Rows(), row => row[0] == package.Name && row[2] == package.Licence && row.Length == MostColumns));
    }

    private static IEnumerable<string[]> Rows() => File.ReadLines(Path.Combine(ConvertedImages.SourceTree, "THIRD-PARTY.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| package ", StringComparison.Ordinal))
        .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    private static IEnumerable<(string Name, string Version)> NuGetPackages() =>
        XDocument.Load(Path.Combine(ConvertedImages.SourceTree, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => (package.Attribute("Include")!.Value, package.Attribute("Version")!.Value));

    private static IEnumerable<(string Name, string Version)> NpmPackages() =>
        Json("web/package.json").GetProperty("devDependencies").EnumerateObject().Select(package => (package.Name, package.Value.GetString()!));

    // What the page imports, and what that needs.
    private static List<(string Name, string Version, string Licence)> BundledNpmPackages()
    {
        var locked = Json("web/package-lock.json").GetProperty("packages");
        var names = new Queue<string>(NpmPackages().Select(package => package.Name).Where(name => name.StartsWith("@xterm/", StringComparison.Ordinal)));
        var result = new List<(string Name, string Version, string Licence)>();
        while (names.TryDequeue(out var name))
        {
            var package = locked.GetProperty($"node_modules/{name}");
            result.Add((name, package.GetProperty("version").GetString()!, package.GetProperty("license").GetString()!));
            if (!package.TryGetProperty("dependencies", out var needs)) continue;
            foreach (var need in needs.EnumerateObject()) names.Enqueue(need.Name);
        }

        return result;
    }

    private static JsonElement Json(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(ConvertedImages.SourceTree, path)));
        return document.RootElement.Clone();
    }
}
