using System.IO.Compression;
using System.Text;

namespace Gantry.Images.Tests;

/// <summary>Archives made to do harm: each must end in its own error, quickly.</summary>
public sealed class HostileLayerTests
{
    private static readonly ImageLimits Small = new() { MaxEntries = 1000, MaxContentBytes = 1 << 20, MaxLayerBytes = 1 << 22, MaxMetadataBytes = 1 << 20 };

    private static readonly Dictionary<string, (ImageError Error, Func<TarBuilder> Build)> Corpus = new()
    {
        ["dotdot"] = (ImageError.UnsafePath, () => new TarBuilder().Add("../evil")),
        ["dotdot in the middle"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/../../evil")),
        ["dotdot last"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/..", '5')),
        ["absolute"] = (ImageError.UnsafePath, () => new TarBuilder().Add("/etc/passwd")),
        ["absolute in PAX"] = (ImageError.UnsafePath, () => new TarBuilder().Pax(("path", "/etc/passwd")).Add("x")),
        ["dotdot in GNU long name"] = (ImageError.UnsafePath, () => new TarBuilder().Add("././@LongLink", 'L', data: "../x\0").Add("x")),
        ["hard link out"] = (ImageError.UnsafePath, () => new TarBuilder().Add("x", '1', "../../etc/shadow")),
        ["hard link absolute"] = (ImageError.UnsafePath, () => new TarBuilder().Add("x", '1', "/etc/shadow")),
        ["hard link to nothing"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", '1', "y")),
        ["hard link to itself"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", '1', "x")),
        ["hard link to a folder"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("d/", '5').Add("x", '1', "d")),
        ["hard link to the root"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", '1', ".")),
        ["links in a circle"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a", '2', "b").Add("b", '2', "a").Add("a/x")),
        ["link doubling its path"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a", '2', "a/a/a/a").Add("a/x")),
        ["file as folder"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("f").Add("f/x")),
        ["root as a file"] = (ImageError.UnsafePath, () => new TarBuilder().Add(".")),
        ["whiteout of nothing"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/.wh.")),
        ["whiteout of dot"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/.wh..")),
        ["whiteout of dotdot"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/.wh...")),
        ["whiteout as a folder"] = (ImageError.UnsafePath, () => new TarBuilder().Add("a/.wh.b/c")),
        ["long component"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("path", new string('x', 256))).Add("x")),
        ["long path"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("path", string.Concat(Enumerable.Repeat("abcdefg/", 600)))).Add("x")),
        ["long link"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("linkpath", new string('x', 4096))).Add("x", '2')),
        ["empty link"] = (ImageError.LimitExceeded, () => new TarBuilder().Add("x", '2')),
        ["huge PAX header"] = (ImageError.LimitExceeded, () => new TarBuilder().Add("x", 'x', size: 1L << 32)),
        ["huge long name"] = (ImageError.LimitExceeded, () => new TarBuilder().Add("x", 'L', size: 1L << 32)),
        ["huge file, nothing in it"] = (ImageError.LimitExceeded, () => new TarBuilder().Add("x", size: 1L << 32)),
        ["sparse bomb"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("GNU.sparse.map", "0,1"), ("GNU.sparse.size", "1000000000000")).Add("x", data: "1")),
        ["sparse overlap"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("GNU.sparse.map", "0,2,1,2"), ("GNU.sparse.size", "9")).Add("x", data: "1234")),
        ["sparse outside"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("GNU.sparse.map", "8,4"), ("GNU.sparse.size", "9")).Add("x", data: "1234")),
        ["sparse overflow"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("GNU.sparse.map", "9223372036854775800,100"), ("GNU.sparse.size", "99")).Add("x", data: "1")),
        ["sparse sum"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("GNU.sparse.map", "0,3"), ("GNU.sparse.size", "9")).Add("x", data: "1234")),
        ["sparse 1.0 count"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9")).Add("x", data: "99999999\n")),
        ["sparse 1.0 without end"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9")).Add("x", data: "3\n1\n")),
        ["negative size"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", patch: h => h.AsSpan(124, 12).Fill(0xff))),
        ["size overflow"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", patch: h => { h.AsSpan(124, 12).Fill(0xff); h[124] = 0x80; })),
        ["PAX size overflow"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("size", "99999999999999999999")).Add("x")),
        ["PAX uid negative"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("uid", "-1")).Add("x")),
        ["PAX NUL in path"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("path", "a\0b")).Add("x")),
        ["PAX without newline"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", 'x', data: "9 a=b").Add("x")),
        ["PAX length lies"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", 'x', data: "999 a=b\n").Add("x")),
        ["PAX length tiny"] = (ImageError.InvalidArchive, () => new TarBuilder().Add("x", 'x', data: "1 a=b\n").Add("x")),
        ["PAX at the end"] = (ImageError.InvalidArchive, () => new TarBuilder().Pax(("path", "a"))),
        ["unknown type"] = (ImageError.Unsupported, () => new TarBuilder().Add("x", 'M')),
        ["device number"] = (ImageError.LimitExceeded, () => new TarBuilder().Add("x", '3', patch: h => TarBuilder.Put(h, 329, "7777777"))),
        ["too many entries"] = (ImageError.LimitExceeded, () => Enumerable.Range(0, 1100).Aggregate(new TarBuilder(), (tar, i) => tar.Add($"f{i}"))),
        ["deep"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("path", string.Concat(Enumerable.Repeat("a/", 1900)))).Add("x")),
        ["metadata bomb"] = (ImageError.LimitExceeded, () => Enumerable.Range(0, 20).Aggregate(new TarBuilder(), (tar, i) => tar.Pax(("SCHILY.xattr.user.x", new string('v', 60_000))).Add($"f{i}"))),
        ["large attribute"] = (ImageError.LimitExceeded, () => new TarBuilder().Pax(("SCHILY.xattr.user.x", new string('v', 70_000))).Add("x")),
    };

    public static TheoryData<string> Names() => [.. Corpus.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task HostileArchivesAreRefused(string name)
    {
        var (expected, build) = Corpus[name];
        var error = await Assert.ThrowsAsync<ImageException>(() => Merge.LayersAsync(new ImageOptions { Limits = Small }, build().Build()));
        Assert.Equal(expected, error.Error);
        Assert.DoesNotContain('\0', error.Message);
    }

    [Fact]
    public async Task CompressionBombsStopAtTheLimit()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new TarBuilder().Add("x").Build());
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 64; i++) gzip.Write(zeros); // After the end of the archive, where tar readers have stopped.
        }
        var error = await Assert.ThrowsAsync<ImageException>(() => Merge.LayersAsync(new ImageOptions { Limits = Small }, bomb.ToArray()));
        Assert.Equal(ImageError.LimitExceeded, error.Error);
    }

    [Fact]
    public async Task EveryTruncationIsNoticedOrHarmless()
    {
        var whole = new TarBuilder().Pax(("path", "a/b")).Add("x", data: new string('d', 700)).Add("l", '2', "a").Build();
        for (var length = 0; length < whole.Length; length += 37)
        {
            var error = await Record.ExceptionAsync(() => Merge.LayersAsync(null, whole[..length]));
            // Whole entries followed by nothing are an archive; anything else is damaged.
            Assert.True(error is null ? length % 512 == 0 || length > whole.Length - 1024 : error is ImageException { Error: ImageError.InvalidArchive }, $"{length}: {error}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task MutatedArchivesGiveTypedErrorsOnly(int seed)
    {
        var random = new Random(seed);
        var original = new TarBuilder().Global(("comment", "c")).Pax(("path", "dir/file"), ("mtime", "1.5"), ("SCHILY.xattr.user.a", "v"))
            .Add("x", data: "data").Add("././@LongLink", 'L', data: "longer/name\0").Add("y", '2', "target").Add("h", '1', "dir/file")
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9"), ("GNU.sparse.name", "sp"))
            .Add("s", data: "1\n3\n2\n" + new string('\0', 506) + "ab").Add("d/.wh..wh..opq").Add("dev", '3').Build();
        _ = await Merge.LayersAsync(null, original);
        var failures = 0;
        for (var round = 0; round < 3000; round++)
        {
            var mutated = (byte[])original.Clone();
            for (var i = random.Next(1, 6); i > 0; i--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            if (random.Next(2) == 0) FixChecksums(mutated);
            var error = await Record.ExceptionAsync(async () => await (await Merge.LayersAsync(new ImageOptions { Limits = Small }, mutated)).DisposeAsync());
            Assert.True(error is null or ImageException, $"seed {seed}, round {round}: {error}");
            if (error is not null) failures++;
        }
        Assert.InRange(failures, 100, 2999);
    }

    private static void FixChecksums(byte[] archive)
    {
        for (var block = 0; block + 512 <= archive.Length; block += 512)
        {
            if (!archive.AsSpan(block + 257, 5).SequenceEqual("ustar"u8)) continue;
            archive.AsSpan(block + 148, 8).Fill((byte)' ');
            var sum = 0;
            foreach (var b in archive.AsSpan(block, 512)) sum += b;
            Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(archive, block + 148);
        }
    }
}
