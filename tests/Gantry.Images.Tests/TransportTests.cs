namespace Gantry.Images.Tests;

/// <summary>Every transport skopeo can write, against what umoci unpacks: type, mode, owner, time, links, attributes, content.</summary>
[Collection(typeof(SampleImageTests))]
public sealed class TransportTests(SampleImage sample)
{
    [Theory]
    [InlineData("oci:{0}:copy")]
    [InlineData("oci-archive:{0}:copy")]
    [InlineData("docker-archive:{0}:example/copy:1")]
    [InlineData("dir:{0}")]
    public async Task SkopeoCopiesAreReadAsUmociUnpacksThem(string form)
    {
        using var folder = new TemporaryFolder();
        var reference = string.Format(null, form, folder["image"]);
        Tool.Run("skopeo", "--insecure-policy", "--override-arch", "riscv64", "copy", $"oci:{sample.Layout}:sample", reference);
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(reference));
        // Without the transport it is found out.
        await using var image = await ImageSource.OpenAsync(folder["image"]);
        Assert.Equal("linux/riscv64", image.Platform?.ToString());
        Assert.Equal(3, image.Layers.Count);
    }

    [Fact]
    public async Task UmocisLayoutAndItsConfigurationAreRead()
    {
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync($"oci:{sample.Layout}:sample"));
        await using var image = await ImageSource.OpenAsync($"oci:{sample.Layout}:sample");
        var process = image.Config.Process!;
        Assert.Equal(["/bin/sh", "-c"], process.Entrypoint);
        Assert.Equal(["echo hi"], process.Cmd);
        Assert.Contains("B=two words", process.Env!);
        Assert.Equal(("1000:100", "/srv", "SIGINT"), (process.User, process.WorkingDir, process.StopSignal));
        Assert.Equal("value", process.Labels!["key"]);
        Assert.Equal("80/tcp", Assert.Single(process.ExposedPorts!).Key);
        Assert.Equal("/data", Assert.Single(process.Volumes!).Key);
    }

    [Theory]
    [InlineData("rootfs:")]
    [InlineData("dir:")]
    [InlineData("")]
    public async Task AFolderIsARootFileSystem(string transport) =>
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(transport + sample.Expected));

    [Theory]
    [InlineData("--format=pax --sparse --xattrs --xattrs-include=*", "cat")]
    [InlineData("--format=pax --sparse --sparse-version=0.0 --xattrs --xattrs-include=*", "gzip")]
    [InlineData("--format=pax --sparse --sparse-version=0.1 --xattrs --xattrs-include=*", "zstd -q")]
    [InlineData("--format=pax --xattrs --xattrs-include=*", "zstd -q -19 --long=27")]
    [InlineData("--format=gnu --sparse", "cat")]
    [InlineData("--format=gnu", "gzip")]
    public async Task TarsOfEveryFormatAreRead(string options, string compressor)
    {
        using var folder = new TemporaryFolder();
        Tool.Shell($"set -f; tar -C '{sample.Expected}' {options} -c . | {compressor} > image.tar; mkdir out; tar --xattrs '--xattrs-include=*' -C out -xpf image.tar --numeric-owner", folder.Path);
        FileTree.AssertEqual(FileTree.Describe(folder["out"]), await Conversion.DescribeAsync(folder["image.tar"]));
    }

    [Fact]
    public async Task ZstdLayersAreReadLikeGzipOnes()
    {
        using var folder = new TemporaryFolder();
        Tool.Run("skopeo", "--insecure-policy", "--override-arch", "riscv64", "copy", "--dest-compress-format", "zstd", "--dest-compress",
            $"oci:{sample.Layout}:sample", $"dir:{folder["image"]}");
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync($"dir:{folder["image"]}"));
    }

    [Fact]
    public async Task TheSameImageGivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        await Conversion.ToErofsAsync($"oci:{sample.Layout}:sample", folder["a"]);
        Tool.Run("skopeo", "--insecure-policy", "--override-arch", "riscv64", "copy", $"oci:{sample.Layout}:sample", $"docker-archive:{folder["image.tar"]}:x/y:1");
        await Conversion.ToErofsAsync($"docker-archive:{folder["image.tar"]}", folder["b"]);
        Assert.Equal(await File.ReadAllBytesAsync(folder["a"]), await File.ReadAllBytesAsync(folder["b"]));
    }
}
