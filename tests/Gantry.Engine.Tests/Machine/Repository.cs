namespace Gantry.Engine.Tests;

/// <summary>Finds files of the repository from a test's binary.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Gantry.slnx.</summary>
    public static string Root { get; } = Find();

    /// <summary>Absolute path of a file named relative to the root.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gantry.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException("Gantry.slnx is in no folder above the test's binary");
    }
}
