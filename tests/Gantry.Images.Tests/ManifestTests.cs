using System.Security.Cryptography;
using System.Text;

namespace Gantry.Images.Tests;

/// <summary>Indexes, nested indexes and platforms; and what hostile JSON does.</summary>
public sealed class ManifestTests : IDisposable
{
    private const string Index = "application/vnd.oci.image.index.v1+json", Manifest = "application/vnd.oci.image.manifest.v1+json";
    private readonly TemporaryFolder _folder = new();

    public ManifestTests()
    {
        Directory.CreateDirectory(_folder["blobs/sha256"]);
        File.WriteAllText(_folder["oci-layout"], """{"imageLayoutVersion":"1.0.0"}""");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("x86_64", "linux/amd64")]
    [InlineData("linux/arm64", "linux/arm64")] // arm64 means v8, which is what goes without saying.
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/riscv64", "linux/riscv64")] // In an index in the index.
    [InlineData("linux/s390x linux/amd64", "linux/amd64")]
    public async Task TheIndexIsSearchedForThePlatforms(string wanted, string expected)
    {
        WriteMultiPlatform();
        await using var image = await OpenAsync(wanted);
        Assert.Equal(expected, image.Platform!.ToString());
    }

    [Theory]
    [InlineData("linux/s390x", "linux/arm/v6")]
    [InlineData("linux/arm/v5", "linux/arm/v6")]
    [InlineData("windows/amd64", "linux/amd64")]
    [InlineData("", "choose one of: linux/amd64")]
    public async Task APlatformThatIsNotThereIsAnErrorThatNamesThoseThatAre(string wanted, string part)
    {
        WriteMultiPlatform();
        var error = await Assert.ThrowsAsync<ImageException>(() => OpenAsync(wanted));
        Assert.Equal(ImageError.NoMatchingPlatform, error.Error);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheConfigurationsPlatformCounts()
    {
        WriteIndex(Image("amd64", platform: false));
        var error = await Assert.ThrowsAsync<ImageException>(() => OpenAsync("linux/riscv64"));
        Assert.Equal(ImageError.NoMatchingPlatform, error.Error);
        await using var image = await OpenAsync("");
        Assert.Equal("linux/amd64", image.Platform!.ToString());
    }

    [Fact]
    public async Task IndexesNestOnlySoDeep()
    {
        var descriptor = Image("amd64");
        for (var i = 0; i < 6; i++) descriptor = Store(Index, $$"""{"schemaVersion":2,"manifests":[{{descriptor}}]}""", "");
        WriteIndex(descriptor);
        Assert.Equal(ImageError.LimitExceeded, (await Assert.ThrowsAsync<ImageException>(() => OpenAsync("amd64"))).Error);
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", ImageError.Unsupported)]
    [InlineData("null", ImageError.InvalidManifest)]
    [InlineData("[]", ImageError.InvalidManifest)]
    [InlineData("{", ImageError.InvalidManifest)]
    [InlineData("{}", ImageError.InvalidManifest)]
    [InlineData("""{"manifests":[null]}""", ImageError.NoMatchingPlatform)]
    [InlineData("""{"manifests":[{}]}""", ImageError.InvalidManifest)]
    [InlineData("""{"manifests":[{"digest":"sha256:../../../../etc/passwd","size":1}]}""", ImageError.InvalidManifest)]
    [InlineData("""{"manifests":[{"digest":"md5:d41d8cd98f00b204e9800998ecf8427e","size":1}]}""", ImageError.InvalidManifest)]
    [InlineData("""{"manifests":[],"layers":[]}""", ImageError.InvalidManifest)]
    [InlineData("""{"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"},"layers":[]}""", ImageError.Unsupported)]
    [InlineData("""{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1},"layers":[]}""", ImageError.NotFound)]
    public async Task HostileIndexesAreRefused(string json, ImageError expected)
    {
        await File.WriteAllTextAsync(_folder["index.json"], json);
        Assert.Equal(expected, (await Assert.ThrowsAsync<ImageException>(() => OpenAsync(""))).Error);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task MutatedDocumentsGiveTypedErrorsOnly(int seed)
    {
        WriteMultiPlatform();
        var random = new Random(seed);
        var original = await File.ReadAllBytesAsync(_folder["index.json"]);
        for (var round = 0; round < 1000; round++)
        {
            var mutated = (byte[])original.Clone();
            for (var i = random.Next(1, 5); i > 0; i--) mutated[random.Next(mutated.Length)] = (byte)random.Next(32, 127);
            await File.WriteAllBytesAsync(_folder["index.json"], mutated);
            var error = await Record.ExceptionAsync(() => OpenAsync("amd64"));
            Assert.True(error is null or ImageException, $"seed {seed}, round {round}: {error}");
        }
    }

    [Theory]
    [InlineData("docker:busybox", "docker://busybox")]
    [InlineData("busybox:latest", "docker://busybox:latest")]
    [InlineData("docker-daemon:x:1", "skopeo copy")]
    [InlineData("oci:/nonexistent:x", "no folder")]
    [InlineData("dir:/nonexistent", "no folder")]
    public async Task MistakesInReferencesSayWhatToWrite(string reference, string part)
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(reference));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private Task<ResolvedImage> OpenAsync(string platforms) => ImageSource.OpenAsync($"oci:{_folder.Path}", new ImageOptions
    {
        Platforms = [.. platforms.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Platform.Parse)],
    });

    private void WriteMultiPlatform()
    {
        var nested = Store(Index, $$"""{"schemaVersion":2,"manifests":[{{Image("riscv64")}}]}""", ""","platform":{"os":"linux","architecture":"riscv64"}""");
        var attestation = Image("unknown", extra: ""","annotations":{"vnd.docker.reference.type":"attestation-manifest"}""");
        WriteIndex($"{attestation},{Image("amd64")},{Image("arm64", "v8")},{Image("arm", "v6")},{Image("arm", "v7")},{nested}");
    }

    private void WriteIndex(string descriptors) => File.WriteAllText(_folder["index.json"], $$"""{"schemaVersion":2,"manifests":[{{descriptors}}]}""");

    /// <summary>An image without layers; returns its descriptor.</summary>
    private string Image(string architecture, string? variant = null, bool platform = true, string extra = "")
    {
        var stated = architecture == "arm64" ? "" : variant is null ? "" : $",\"variant\":\"{variant}\"";
        var os = architecture == "unknown" ? "unknown" : "linux";
        var config = Store("application/vnd.oci.image.config.v1+json",
            $$$"""{"os":"{{{os}}}","architecture":"{{{architecture}}}"{{{stated}}},"rootfs":{"type":"layers","diff_ids":[]}}""", "");
        var named = variant is null ? "" : $",\"variant\":\"{variant}\"";
        return Store(Manifest, $$"""{"schemaVersion":2,"config":{{config}},"layers":[]}""",
            (platform ? $$""","platform":{"os":"{{os}}","architecture":"{{architecture}}"{{named}}}""" : "") + extra);
    }

    private string Store(string mediaType, string json, string extra)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var hex = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(_folder["blobs/sha256/" + hex], bytes);
        return $$"""{"mediaType":"{{mediaType}}","digest":"sha256:{{hex}}","size":{{bytes.Length}}{{extra}}}""";
    }
}
