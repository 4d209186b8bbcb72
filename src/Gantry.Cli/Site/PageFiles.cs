using Gantry.Converter;

namespace Gantry.Cli.Site;

/// <summary>The terminal page as <c>npm run build</c> leaves it.</summary>
internal static class PageFiles
{
    private const string SolutionFile = "Gantry.slnx";

    /// <summary>What a page consists of.</summary>
    public static IReadOnlyList<string> Names { get; } = ["index.html", "main.js", "main.css"];

    /// <summary>The folder that has them: beside the program, or in the source tree.</summary>
    /// <exception cref="ConverterException">The page was not built.</exception>
    public static string Folder()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "page");
        if (IsComplete(beside)) return beside;
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root != null && !File.Exists(Path.Combine(root.FullName, SolutionFile))) root = root.Parent;
        var built = root == null ? beside : Path.Combine(root.FullName, "web", "page", "dist");
        return IsComplete(built) ? built : throw new ConverterException("the page is not built yet: run npm --prefix web ci && npm --prefix web run build");
    }

    private static bool IsComplete(string folder) => Names.All(name => File.Exists(Path.Combine(folder, name)));
}
