using System.Diagnostics;

namespace Gantry.Images.Tests;

/// <summary>A real Debian root file system, as guest/rootfs/build.sh makes or finds it.</summary>
public sealed class DebianTests
{
    [Fact]
    public async Task DebianThroughUmociIsWhatTarUnpacks()
    {
        var tar = await BuildAsync();
        using var folder = new TemporaryFolder();
        Tool.Shell($"""
            mkdir expected; tar -C expected --xattrs '--xattrs-include=*' --numeric-owner -xpf '{tar}'
            umoci init --layout image; umoci new --image image:x; umoci unpack --image image:x bundle
            cp -a expected/. bundle/rootfs/; umoci repack --image image:x bundle
            """, folder.Path);
        FileTree.AssertEqual(FileTree.Describe(folder["expected"]), await Conversion.DescribeAsync($"oci:{folder["image"]}:x"));
    }

    /// <summary>fsck.erofs extracts what the kernel shows: a second reader of the format.</summary>
    [Fact]
    public async Task FsckExtractsTheSameFiles()
    {
        var tar = await BuildAsync();
        using var folder = new TemporaryFolder();
        await Conversion.ToErofsAsync(tar, folder["image"]);
        Tool.Shell($"mkdir expected; tar -C expected --numeric-owner -xpf '{tar}'; fsck.erofs --extract=out --preserve image; find expected -type f -exec chmod ug-s '{{}}' +", folder.Path);
        // Bookworm's fsck.erofs makes copies of hard links, leaves out attributes, and its chown after chmod clears the set-id bits.
        FileTree.AssertEqual(FileTree.Describe(folder["expected"], links: false, xattrs: false), FileTree.Describe(folder["out"], links: false, xattrs: false));
    }

    [Fact]
    public async Task TheShellTellsThePlatform()
    {
        await using var image = await ImageSource.OpenAsync(await BuildAsync());
        Assert.Null(image.Platform);
        await using var root = await Layers.RootFileSystem.MergeAsync(image);
        Assert.Equal("linux/riscv64", (await root.DetectPlatformAsync())?.ToString());
    }

    private static async Task<string> BuildAsync()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Gantry.slnx"))) root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("not in the source tree");
        var script = Path.Combine(root, "guest/rootfs/build.sh");
        using var process = Process.Start(new ProcessStartInfo(script, ["small"]) { RedirectStandardOutput = true })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(20)); // Debootstraps when nothing is cached.
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{script} small failed");
        return output.TrimEnd().Split('\n')[^1];
    }
}
