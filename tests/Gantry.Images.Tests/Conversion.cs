using Gantry.Images.Erofs;
using Gantry.Images.Layers;

namespace Gantry.Images.Tests;

/// <summary>From a reference to an EROFS file, as the converter does it.</summary>
internal static class Conversion
{
    public static async Task<ResolvedImage> ToErofsAsync(string reference, string output, ImageOptions? options = null)
    {
        await using var image = await ImageSource.OpenAsync(reference, options);
        await using var root = await RootFileSystem.MergeAsync(image, options);
        await using var file = File.Create(output);
        var length = await ErofsWriter.WriteAsync(root, file);
        Assert.Equal(file.Length, length);
        return image;
    }

    /// <summary>Converts, lets fsck.erofs check and the kernel mount it, and describes what the kernel shows.</summary>
    public static async Task<SortedDictionary<string, string>> DescribeAsync(string reference, ImageOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        await ToErofsAsync(reference, folder["image"], options);
        Tool.Run("fsck.erofs", folder["image"]);
        using var mounted = new MountedImage(folder["image"]);
        return FileTree.Describe(mounted.Path);
    }
}
