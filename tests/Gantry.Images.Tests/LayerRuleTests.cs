using Gantry.Images.Layers;

namespace Gantry.Images.Tests;

/// <summary>OCI image-spec "layer.md" rule by rule, where umoci's own archives do not go.</summary>
public sealed class LayerRuleTests
{
    private static readonly byte[] Lower = new TarBuilder()
        .Add("d/", '5').Add("d/a", data: "1").Add("d/s/", '5').Add("d/s/x", data: "2").Add("e", data: "3").Add("usr/lib/", '5').Add("lib", '2', "usr/lib").Build();

    [Theory]
    // Whiteouts hide lower layers' files wherever in the layer they stand, never this layer's.
    [InlineData(".wh.d", "e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/.wh.a", "d/ d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/.wh.a d/a=new", "d/ d/a=new d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/a=new d/.wh.a", "d/ d/a=new d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/n=new .wh.d", "d/ d/n=new e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/.wh..wh..opq d/n=new", "d/ d/n=new e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/n=new d/s/y=new d/.wh..wh..opq", "d/ d/n=new d/s/ d/s/y=new e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d/.wh..wh.plnk .wh.nothing nowhere/.wh.x", "d/ d/a=1 d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData(".wh..wh..opq", "")]
    // A folder over a folder keeps what it holds, anything else replaces.
    [InlineData("d/", "d/ d/a=1 d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("d=file", "d=file e=3 lib->usr/lib usr/ usr/lib/")]
    [InlineData("e/ e/x=1", "d/ d/a=1 d/s/ d/s/x=2 e/ e/x=1 lib->usr/lib usr/ usr/lib/")]
    // Paths pass through links of the tree, as in a container: the file lands where the link leads.
    [InlineData("lib/so=1", "d/ d/a=1 d/s/ d/s/x=2 e=3 lib->usr/lib usr/ usr/lib/ usr/lib/so=1")]
    [InlineData("implied/b/c=1", "d/ d/a=1 d/s/ d/s/x=2 e=3 implied/ implied/b/ implied/b/c=1 lib->usr/lib usr/ usr/lib/")]
    public async Task ASecondLayerChangesTheFirst(string entries, string expected)
    {
        var upper = new TarBuilder();
        foreach (var entry in entries.Split(' '))
        {
            var parts = entry.Split('=');
            upper.Add(parts[0], entry.EndsWith('/') ? '5' : '0', data: parts.Length > 1 ? parts[1] : "");
        }
        Assert.Equal(expected, await Merge.ListAsync(Lower, upper.Build()));
    }

    [Theory]
    [InlineData("../../../out", "etc/ link->../../../out out/ out/file=1")]
    [InlineData("/", "etc/ file=1 link->/")]
    [InlineData("/../..", "etc/ file=1 link->/../..")]
    public async Task LinksThatPointOutsideEndAtTheRoot(string target, string expected)
    {
        var layer = new TarBuilder().Add("etc/", '5').Add("link", '2', target).Add("link/file", data: "1").Build();
        Assert.Equal(expected, await Merge.ListAsync(layer));
    }

    [Fact]
    public async Task HardLinksShareTheInodeAcrossLayers()
    {
        await using var root = await Merge.LayersAsync(null, Lower, new TarBuilder().Add("h", '1', "./d/a").Add("via", '1', "e").Build());
        Assert.Same(root.Find("/d/a"), root.Find("/h"));
        Assert.Equal(2u, root.Find("/h")!.LinkCount);
        Assert.Equal(2u, root.Find("/e")!.LinkCount);
    }

    [Fact]
    public async Task PaxRecordsOverrideTheHeaderAndGlobalOnesGoFirst()
    {
        await using var root = await Merge.LayersAsync(null, new TarBuilder()
            .Global(("mtime", "5"), ("uid", "7"))
            .Pax(("path", "long/name"), ("mtime", "-1.25"), ("size", "3"), ("gid", "4000000000"), ("SCHILY.xattr.user.a=b", "v"), ("SCHILY.xattr.com.apple.x", "v"), ("SCHILY.xattr.trusted.overlay.opaque", "y"))
            .Add("short", data: "abc", patch: h => TarBuilder.Put(h, 124, "77777777777")).Add("second").Build());
        var file = Assert.IsType<RegularInode>(root.Find("/long/name"));
        Assert.Equal(new Timestamp(-2, 750_000_000), file.Attributes.Mtime);
        Assert.Equal((7u, 4_000_000_000u, 3L), (file.Attributes.Uid, file.Attributes.Gid, file.Content.Length));
        Assert.Equal(["user.a"], file.Attributes.Xattrs!.Keys);
        Assert.Equal(new Timestamp(5, 0), root.Find("/second")!.Attributes.Mtime);
    }

    [Fact]
    public async Task Base256NumbersAndStarPrefixesAreRead()
    {
        await using var root = await Merge.LayersAsync(null, new TarBuilder()
            .Add("name", patch: h =>
            {
                new byte[] { 0x80, 0, 0, 0, 0xee, 0x6b, 0x28, 0 }.CopyTo(h, 108); // uid 4,000,000,000
                new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe }.CopyTo(h, 136); // mtime -2
                TarBuilder.Put(h, 345, "prefix");
            }).Build());
        var file = root.Find("/prefix/name")!;
        Assert.Equal(4_000_000_000u, file.Attributes.Uid);
        Assert.Equal(-2, file.Attributes.Mtime.Seconds);
    }
}
