using System.Runtime.Versioning;
using System.Text;
using Gantry.Host.Files;

namespace Gantry.Engine.Tests.Devices;

/// <summary>The 9P server over a real folder: what the guest does is seen on disk, and the other way round.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class VirtioNinePTests : IDisposable
{
    private const uint RootFid = 0;
    private const uint Create = 0x40;
    private const uint ReadWrite = 2;

    private readonly string folder = Directory.CreateTempSubdirectory("gantry-9p-").FullName;
    private readonly TestMachine machine = new(mounts: ["work"]);
    private readonly NinePClient client;

    public VirtioNinePTests() => client = new NinePClient(machine, new FolderServer(folder));

    public void Dispose()
    {
        client.Dispose();
        machine.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void TheTagIsInTheConfiguration()
    {
        Assert.Equal(4, client.Driver.Config(0));
        Assert.Equal("work"u8.ToArray(), new[] { client.Driver.Config(2), client.Driver.Config(3), client.Driver.Config(4), client.Driver.Config(5) });
    }

    [Fact]
    public void FilesMadeInsideAreOnDisk()
    {
        client.Walk(RootFid, 1);
        client.Call(14, new Body().Word(1).Text("new.txt").Word(Create | ReadWrite).Word(0x1A4).Word(0));
        var data = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 9000).Select(i => $"{i},")));
        Assert.Equal((uint)data.Length, client.Write(1, 0, data));
        Assert.Equal(data, File.ReadAllBytes(Path.Combine(folder, "new.txt")));
        Assert.Equal(data[100..200], client.Read(1, 100, 100));
        Assert.Equal(data[(data.Length - 5)..], client.Read(1, (ulong)data.Length - 5, 100));
        Assert.Empty(client.Read(1, 1 << 20, 100));
        client.Clunk(1);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(Path.Combine(folder, "new.txt")));
    }

    [Fact]
    public void FilesMadeOutsideAreSeenInside()
    {
        Directory.CreateDirectory(Path.Combine(folder, "a/b"));
        File.WriteAllText(Path.Combine(folder, "a/b/c"), "content");
        File.CreateSymbolicLink(Path.Combine(folder, "a/link"), "b/c");
        Assert.Equal([0x80, 0x80, 0], client.Walk(RootFid, 1, "a", "b", "c"));
        client.Open(1, 0);
        Assert.Equal("content"u8.ToArray(), client.Read(1, 0, 100));
        Assert.Equal([0x80, 2], client.Walk(RootFid, 2, "a", "link"));
        Assert.Equal("b/c", client.Call(22, new Body().Word(2)).Text());
        // Through ".." up to the root and not beyond.
        Assert.Equal([0x80, 0x80, 0x80, 0x80], client.Walk(RootFid, 3, "a", "..", "..", "a"));
        Assert.Equal(7UL, GetSize(1));
    }

    [Fact]
    public void PartialWalksMakeNoFid()
    {
        Directory.CreateDirectory(Path.Combine(folder, "a"));
        Assert.Equal([0x80], client.Walk(RootFid, 1, "a", "missing"));
        Assert.Equal(9u, Fails(() => client.Clunk(1)));
        Assert.Equal(2u, Fails(() => client.Walk(RootFid, 1, "missing", "a")));
    }

    [Theory]
    [InlineData(300u)]
    [InlineData(4000u)]
    [InlineData(60000u)]
    public void DirectoriesOfAnySizeAreListedWhole(uint width)
    {
        var expected = Enumerable.Range(0, 500).Select(i => $"file-{i:D4}-{new string('x', i % 97)}").ToHashSet();
        foreach (var name in expected)
            File.WriteAllText(Path.Combine(folder, name), "");
        client.Walk(RootFid, 1);
        client.Open(1, 0);
        var names = client.List(1, width);
        Assert.Equal([".", ".."], names[..2]);
        Assert.Equal(expected.Order(StringComparer.Ordinal), names[2..].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void RenamesMoveFidsBelow()
    {
        Directory.CreateDirectory(Path.Combine(folder, "old/deep"));
        File.WriteAllText(Path.Combine(folder, "old/deep/file"), "x");
        File.WriteAllText(Path.Combine(folder, "victim"), "y");
        client.Walk(RootFid, 1, "old", "deep", "file");
        client.Walk(RootFid, 2, "victim");
        client.Call(74, new Body().Word(RootFid).Text("old").Word(RootFid).Text("new"));
        Assert.True(File.Exists(Path.Combine(folder, "new/deep/file")));
        Assert.Equal(1UL, GetSize(1));
        client.Call(20, new Body().Word(1).Word(RootFid).Text("victim"));
        Assert.Equal("x", File.ReadAllText(Path.Combine(folder, "victim")));
        Assert.Equal(1UL, GetSize(1));
        Assert.Equal(2u, Fails(() => GetSize(2)));
    }

    [Fact]
    public void UnlinkedFilesStayReadableWhileOpen()
    {
        File.WriteAllText(Path.Combine(folder, "gone"), "still here");
        client.Walk(RootFid, 1, "gone");
        client.Walk(RootFid, 3, "gone");
        client.Open(1, ReadWrite);
        client.Call(76, new Body().Word(RootFid).Text("gone").Word(0));
        Assert.False(File.Exists(Path.Combine(folder, "gone")));
        Assert.Equal("still here"u8.ToArray(), client.Read(1, 0, 100));
        Assert.Equal(10UL, GetSize(1));
        SetSize(1, 5);
        Assert.Equal(5UL, GetSize(1));
        // Linux also asks by a fid that is not open.
        Assert.Equal(5UL, GetSize(3));
        client.Clunk(1);
        Assert.Equal(2u, Fails(() => GetSize(3)));
        Assert.Equal(20u, Fails(() => client.Call(76, new Body().Word(MakeFile("plain")).Text("x").Word(0))));
    }

    [Fact]
    public void DirectoriesLinksNodesAndAttributes()
    {
        client.Call(72, new Body().Word(RootFid).Text("dir").Word(0x1C0).Word(0));
        client.Call(16, new Body().Word(RootFid).Text("link").Text("dir/../target").Word(0));
        client.Call(18, new Body().Word(RootFid).Text("fifo").Word(0x1180).Word(0).Word(0).Word(0));
        var file = MakeFile("file");
        client.Call(70, new Body().Word(RootFid).Word(file).Text("second"));
        Assert.Equal("dir/../target", new FileInfo(Path.Combine(folder, "link")).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder, "dir")));
        Assert.Equal(2UL, client.Call(24, new Body().Word(file).Wide(0x7FF)).Skip(8 + 13 + 12).Wide());
        // chmod 0600 and mtime 1,000,000,000.5 s
        client.Call(26, new Body().Word(file).Word(1 | 0x20 | 0x100).Word(0x180).Word(0).Word(0).Wide(0).Wide(0).Wide(0).Wide(1_000_000_000).Wide(500_000_000));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000.5), File.GetLastWriteTimeUtc(Path.Combine(folder, "file")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "file")));
        Assert.Equal(39u, Fails(() =>
        {
            File.WriteAllText(Path.Combine(folder, "dir/inner"), "");
            client.Call(76, new Body().Word(RootFid).Text("dir").Word(0x200));
        }));
        var space = client.Call(8, new Body().Word(RootFid));
        Assert.Equal(0x01021997u, space.Word());
        Assert.True(space.Word() > 0);
    }

    [Fact]
    public void NamesThatLeaveTheFolderAreRefused()
    {
        File.CreateSymbolicLink(Path.Combine(folder, "out"), "/etc");
        foreach (var name in new[] { "a/b", "", ".", "..", "nul\0", new string('n', 256) })
            Assert.True(Fails(() => client.Call(72, new Body().Word(RootFid).Text(name).Word(0x1FF).Word(0))) is 22 or 36, name);
        Assert.Equal([0x80], client.Walk(RootFid, 1, "..", "etc/passwd"));
        Assert.Equal([2], client.Walk(RootFid, 2, "out", "passwd"));
        // The directory becomes a link behind the engine's back: the host's side does not follow it either.
        Directory.CreateDirectory(Path.Combine(folder, "turns/inner"));
        Assert.Equal([0x80, 0x80], client.Walk(RootFid, 3, "turns", "inner"));
        Directory.Delete(Path.Combine(folder, "turns"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(folder, "turns"), "/etc");
        Assert.Equal(40u, Fails(() => client.Walk(3, 4, "passwd")));
    }

    [Fact]
    public void ReadOnlyMountsRefuseChanges()
    {
        using var other = new TestMachine(mounts: ["ro"], readOnlyMounts: true);
        File.WriteAllText(Path.Combine(folder, "file"), "fixed");
        using var reader = new NinePClient(other, new FolderServer(folder));
        reader.Walk(RootFid, 1, "file");
        Assert.Equal(30u, Fails(() => reader.Open(1, ReadWrite)));
        Assert.Equal(30u, Fails(() => reader.Call(72, new Body().Word(RootFid).Text("dir").Word(0x1FF).Word(0))));
        Assert.Equal(30u, Fails(() => reader.Call(76, new Body().Word(RootFid).Text("file").Word(0))));
        reader.Open(1, 0);
        Assert.Equal("fixed"u8.ToArray(), reader.Read(1, 0, 100));
    }

    [Fact]
    public void AResetWhileTheHostWorksClosesWhatItOpened()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "x");
        client.Walk(RootFid, 1, "file");
        client.Send(12, new Body().Word(1).Word(0));
        client.Driver.Start(1);
        client.Serve();
        client.Serve();
        client.Serve();
        machine.Poll();
        unsafe
        {
            Assert.Equal(0u, machine.Mailbox->RequestsInFlight);
        }

        Assert.DoesNotContain(
            Directory.EnumerateFiles("/proc/self/fd"), fd => new FileInfo(fd).LinkTarget == Path.Combine(folder, "file"));
    }

    private uint MakeFile(string name)
    {
        File.WriteAllText(Path.Combine(folder, name), "");
        client.Walk(RootFid, 900, name);
        return 900;
    }

    private ulong GetSize(uint fid) => client.Call(24, new Body().Word(fid).Wide(0x7FF)).Skip(8 + 13 + 12 + 8 + 8).Wide();

    private void SetSize(uint fid, ulong size) =>
        client.Call(26, new Body().Word(fid).Word(8).Word(0).Word(0).Word(0).Wide(size).Wide(0).Wide(0).Wide(0).Wide(0));

    private static uint Fails(Action action) => Assert.Throws<NinePFailure>(action).Error;
}
