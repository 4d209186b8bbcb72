using System.Text;
using Gantry.Images.Layers;
using Gantry.Images.Sources;

namespace Gantry.Images.Tests;

/// <summary>Random layers over a few names, so that everything meets everything: umoci says what must come out.</summary>
public sealed class LayerOracleTests
{
    private const int Rounds = 25;
    private static readonly string[] Files = ["a", "b"];
    private static readonly string[] Folders = ["d", "e"];

    [Theory]
    [InlineData(91)]
    [InlineData(92)]
    public async Task RandomLayersAreMergedAsUmociUnpacksThem(int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        Tool.RunIn(folder.Path, "umoci", "init", "--layout", "image");
        var compared = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var layers = Enumerable.Range(0, random.Next(2, 4)).Select(_ => Layer(random)).ToList();
            Tool.RunIn(folder.Path, "umoci", "new", "--image", $"image:r{round}");
            for (var i = 0; i < layers.Count; i++)
            {
                await File.WriteAllBytesAsync(folder["layer.tar"], layers[i].Tar);
                Tool.RunIn(folder.Path, "umoci", "raw", "add-layer", "--image", $"image:r{round}", "layer.tar");
            }

            var umoci = Unpack(folder, $"image:r{round}", $"out{round}");
            var error = await Record.ExceptionAsync(async () =>
            {
                await using var image = await ImageSource.OpenAsync($"oci:{folder.Path}/image:r{round}");
                await using var root = await RootFileSystem.MergeAsync(image);
                // Both may refuse nonsense; what both accept must be the same.
                if (umoci == null) return;
                compared++;
                Assert.True(umoci == Describe(root.Root, ""), $"seed {seed}, round {round}:\n{string.Join("\n--\n", layers.Select(layer => layer.Text))}\numoci: {umoci}\nours:  {Describe(root.Root, "")}");
            });
            Assert.True(error is null or ImageException, error?.Message);
        }

        Assert.True(compared >= Rounds / 2, $"seed {seed}: only {compared} of {Rounds} images were accepted by both");
    }

    private static (byte[] Tar, string Text) Layer(Random random)
    {
        var tar = new TarBuilder();
        var text = new StringBuilder();
        var files = new List<string>();
        for (var i = random.Next(1, 9); i > 0; i--)
        {
            var parent = string.Concat(Enumerable.Range(0, random.Next(0, 3)).Select(_ => Pick(random, Folders, Files) + "/"));
            var file = parent + Pick(random, Files, Folders);
            var folder = parent + Pick(random, Folders, Files);
            (string Name, char Type, string Link, string Data) entry = random.Next(12) switch
            {
                0 or 1 or 2 => (file, '0', "", new string('x', random.Next(1000))),
                3 or 4 or 5 => (folder + "/", '5', "", ""),
                6 => (random.Next(2) == 0 ? folder : file, '2', random.Next(3) switch { 0 => "/" + Pick(random, Folders, Files), 1 => "../" + Pick(random, Folders, Files), _ => Pick(random, Folders, Files) }, ""),
                7 when files.Count != 0 => (file, '1', files[random.Next(files.Count)], ""),
                8 => ($"{parent}.wh.{Pick(random, Files, Folders)}", '0', "", ""),
                9 => ($"{parent}.wh.{Pick(random, Folders, Files)}", '0', "", ""),
                10 => ($"{parent}.wh..wh..opq", '0', "", ""),
                _ => (file, '6', "", ""),
            };
            if (entry.Type == '0' && entry.Name == file) files.Add(file);
            tar.Add(entry.Name, entry.Type, entry.Link, entry.Data);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{entry.Type} {entry.Name} {entry.Link}{entry.Data.Length}; ");
        }

        return (tar.Build(), text.ToString());
    }

    // Mostly the first: files in the places of folders are refused more often than not.
    private static string Pick(Random random, string[] mostly, string[] seldom)
    {
        var names = random.Next(10) == 0 ? seldom : mostly;
        return names[random.Next(names.Length)];
    }

    private static string? Unpack(TemporaryFolder folder, string image, string output)
    {
        // Its exit status is an answer here, not a failure.
        var status = Tool.Shell($"umoci unpack --image {image} {output} >/dev/null 2>&1 && echo accepted || echo refused", folder.Path).Trim();
        return status == "accepted" ? Describe(folder[$"{output}/rootfs"]) : null;
    }

    private static string Describe(DirectoryInode folder, string prefix)
    {
        var text = new StringBuilder();
        foreach (var (name, (inode, _)) in folder.Sorted())
        {
            text.Append(Line($"{prefix}/{name}", inode.Type, (inode as RegularInode)?.Content.Length ?? 0, (inode as SymbolicLinkInode)?.Target));
            if (inode is DirectoryInode child) text.Append(Describe(child, $"{prefix}/{name}"));
        }

        return text.ToString();
    }

    private static string Describe(string root, string prefix = "")
    {
        var text = new StringBuilder();
        foreach (var name in LinuxFile.List(root + prefix).Order(StringComparer.Ordinal))
        {
            var path = $"{root}{prefix}/{name}";
            var status = LinuxFile.Stat(path);
            var type = (FileType)(status.Mode & 0xf000);
            text.Append(Line($"{prefix}/{name}", type, type == FileType.Regular ? (long)status.Size : 0, type == FileType.SymbolicLink ? LinuxFile.ReadLink(path) : null));
            if (type == FileType.Directory) text.Append(Describe(root, $"{prefix}/{name}"));
        }

        return text.ToString();
    }

    private static string Line(string path, FileType type, long length, string? target) => $"{path} {type} {length} {target}; ";
}
