using Gantry.Images.Erofs;
using Gantry.Images.Layers;

namespace Gantry.Images.Tests;

/// <summary>The format's corners, judged by fsck.erofs and the kernel.</summary>
public sealed class ErofsEdgeTests
{
    [Fact]
    public async Task AnEmptyRootIsAnImage()
    {
        var files = await MountAsync([], mounted => FileTree.Describe(mounted));
        Assert.Equal(["/"], files.Keys);
    }

    [Fact]
    public async Task AttributesLargerThanABlockAreKept()
    {
        var tar = new TarBuilder();
        for (var i = 0; i < 3; i++)
        {
            tar.Pax(("SCHILY.xattr.user.large", new string((char)('a' + i), 30_000)), ("SCHILY.xattr.user.same", new string('s', 5_000)), ("SCHILY.xattr.user.empty", ""))
                .Add($"f{i}", data: new string('d', 100 + i * 4000));
        }
        var files = await MountAsync([tar.Build()], mounted => FileTree.Describe(mounted));
        for (var i = 0; i < 3; i++)
        {
            var hex = Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(new string((char)('a' + i), 30_000)));
            Assert.Contains($"user.large={hex} user.same=7373", files[$"/f{i}"], StringComparison.Ordinal);
            Assert.Contains(" user.empty= ", files[$"/f{i}"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task MoreLinksThanSixteenBitsAndALargeFolder()
    {
        const int Links = 70_000;
        var tar = new TarBuilder().Add("d/0", data: "x");
        for (var i = 1; i < Links; i++) tar.Add($"d/{i}", '1', "d/0");
        await MountAsync([tar.Build()], mounted =>
        {
            Assert.Equal($"{Links} {Links}", Tool.Shell("echo $(stat -c %h d/0) $(ls -U d | wc -l)", mounted).Trim());
            // Looked up by the kernel's binary search, not by listing.
            Assert.Equal(Links, int.Parse(Tool.Shell($"seq 0 {Links - 1} | sed 's,^,d/,' | xargs cat | wc -c", mounted), null));
            return 0;
        });
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix --sparse-version=0.0")]
    [InlineData("posix --sparse-version=0.1")]
    [InlineData("posix --sparse-version=1.0")]
    public async Task SparseFilesWithManySegments(string format)
    {
        using var folder = new TemporaryFolder();
        Tool.Shell($"for i in $(seq 0 99); do echo $i | dd of=s bs=1 seek=$((i * 16384)) conv=notrunc status=none; done; truncate -s 2M s; tar --format={format} --sparse -cf t s", folder.Path);
        Assert.InRange(new FileInfo(folder["t"]).Length, 1, 1_000_000); // It is sparse.
        var expected = await File.ReadAllBytesAsync(folder["s"]);
        await using var image = await ImageSource.OpenAsync(folder["t"]);
        await using var root = await RootFileSystem.MergeAsync(image);
        Assert.Equal(expected, await root.ReadFileAsync("/s", 1 << 22));
        var part = new byte[40_000];
        await ((RegularInode)root.Find("/s")!).Content.ReadAsync(16_000, part, default);
        Assert.Equal(expected[16_000..56_000], part);
    }

    [Fact]
    public async Task ProgressEndsAtTheTotal()
    {
        var reports = new List<ImageProgress>();
        await using var root = await Merge.LayersAsync(null, new TarBuilder().Add("f", data: new string('x', 3_000_000)).Build());
        using var output = new MemoryStream();
        var length = await ErofsWriter.WriteAsync(root, output, new Collector(reports));
        Assert.True(reports.Count > 1);
        Assert.Equal(reports.OrderBy(r => r.BytesDone), reports);
        Assert.Equal((length, length), (reports[^1].BytesDone, reports[^1].BytesTotal!.Value));
    }

    private static async Task<T> MountAsync<T>(byte[][] layers, Func<string, T> look)
    {
        using var folder = new TemporaryFolder();
        await using (var root = await Merge.LayersAsync(null, layers))
        await using (var file = File.Create(folder["image"]))
            await ErofsWriter.WriteAsync(root, file);
        Tool.Run("fsck.erofs", folder["image"]);
        using var mounted = new MountedImage(folder["image"]);
        return look(mounted.Path);
    }

    private sealed class Collector(List<ImageProgress> reports) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => reports.Add(value);
    }
}
