using Gantry.Images.Registry;

namespace Gantry.Images.Tests;

/// <summary>Pulling: Debian's docker-registry as the judge of the protocol, a fake for what it cannot be made to do.</summary>
[Collection(typeof(SampleImageTests))]
public sealed class RegistryTests(SampleImage sample)
{
    private static readonly ImageOptions Quick = new()
    {
        Credentials = new DockerConfigCredentials("/nonexistent"),
        RetryDelay = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public async Task PullsByTagAndByDigest()
    {
        await using var registry = await LocalRegistry.StartAsync();
        var reference = registry.Push(sample);
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(reference, Quick));
        await using var image = await ImageSource.OpenAsync(reference, Quick);
        await using var same = await ImageSource.OpenAsync($"{reference[..^2]}@{image.ManifestDigest}", Quick);
        Assert.Equal(image.ManifestDigest, same.ManifestDigest);
        var missing = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(reference[..^2] + ":none", Quick));
        Assert.Equal(ImageError.NotFound, missing.Error);
    }

    [Fact]
    public async Task PasswordsComeFromDockersConfiguration()
    {
        await using var registry = await LocalRegistry.StartAsync(password: true);
        var reference = registry.Push(sample);
        var refused = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(reference, Quick));
        Assert.Equal(ImageError.Unauthorized, refused.Error);
        Assert.Contains("docker login", refused.Message, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        var file = folder["config.json"];
        Tool.Run("skopeo", "login", "--tls-verify=false", "--authfile", file, "-u", LocalRegistry.User, "-p", LocalRegistry.Password, registry.Host);
        var options = Quick with { Credentials = new DockerConfigCredentials(file) };
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(reference, options));

        await File.WriteAllTextAsync(file, $$$"""{"auths":{"{{{registry.Host}}}":{"username":"alice","password":"wrong"} } }""");
        Assert.Equal(ImageError.Unauthorized, (await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(reference, options))).Error);
        await File.WriteAllTextAsync(file, $$$"""{"credHelpers":{"{{{registry.Host}}}":"secretservice"}}""");
        var helper = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(reference, options));
        Assert.Contains("docker-credential-secretservice", helper.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionsThatAreCutAreResumedWhereTheyEnded()
    {
        await using var registry = await LocalRegistry.StartAsync();
        registry.Push(sample);
        await using var proxy = new CuttingProxy(registry.Port, 60_000);
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync($"docker://localhost:{proxy.Port}/team/sample:1", Quick));
        Assert.InRange(proxy.Cuts, 3, 1000);
    }

    [Fact]
    public async Task AConnectionThatAlwaysBreaksIsGivenUp()
    {
        await using var registry = await LocalRegistry.StartAsync();
        registry.Push(sample);
        await using var proxy = new CuttingProxy(registry.Port, 100);
        var error = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync($"docker://localhost:{proxy.Port}/team/sample:1", Quick));
        Assert.Equal(ImageError.Network, error.Error);
    }

    [Fact]
    public async Task ServersWithoutRangesAreReadAgainFromTheStart()
    {
        await using var registry = new FakeRegistry(sample.Layout);
        var cut = new HashSet<string>();
        registry.Intercept = context =>
        {
            var path = context.Request.Url!.AbsolutePath;
            if (!path.Contains("/blobs/", StringComparison.Ordinal) || !cut.Add(path)) return false;
            var data = registry.Blob(path[(path.LastIndexOf('/') + 1)..]);
            context.Response.ContentLength64 = data.Length;
            context.Response.OutputStream.Write(data.AsSpan(0, data.Length / 2));
            context.Response.OutputStream.Flush();
            context.Response.Abort();
            return true;
        };
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(registry.Reference, Quick));
        Assert.NotEmpty(cut);
    }

    [Fact]
    public async Task TokensAreFetchedRenewedAndNeverLeaveTheRegistry()
    {
        await using var registry = new FakeRegistry(sample.Layout);
        int issued = 0, used = 0;
        registry.Intercept = context =>
        {
            var path = context.Request.Url!.AbsolutePath;
            var authorization = context.Request.Headers["Authorization"];
            if (path == "/token")
            {
                Assert.Equal("repository:team/sample:pull", context.Request.QueryString["scope"]);
                Assert.Equal("fake, inc", context.Request.QueryString["service"]);
                used = 0;
                FakeRegistry.Answer(context, 200, $$"""{"access_token":"token{{++issued}}"}""");
                return true;
            }
            if (path.StartsWith("/store/", StringComparison.Ordinal)) return false;
            if (authorization != $"Bearer token{issued}" || ++used > 2) // A token is good for two requests.
            {
                FakeRegistry.Answer(context, 401, "", ("WWW-Authenticate",
                    $"Bearer realm=\"http://localhost:{registry.Port}/token\",service=\"fake, inc\",scope=\"repository:team/sample:pull\""));
                return true;
            }
            if (!path.Contains("/blobs/", StringComparison.Ordinal)) return false;
            FakeRegistry.Answer(context, 307, "", ("Location", $"http://127.0.0.1:{registry.Port}/store/{path[(path.LastIndexOf('/') + 1)..]}"));
            return true;
        };
        FileTree.AssertEqual(FileTree.Describe(sample.Expected), await Conversion.DescribeAsync(registry.Reference, Quick));
        Assert.InRange(issued, 2, 5);
        var stored = registry.Requests.Where(r => r.Path.StartsWith("/store/", StringComparison.Ordinal)).ToList();
        Assert.True(stored.Count >= 4);
        Assert.All(stored, r => Assert.Null(r.Authorization));
    }

    [Fact]
    public async Task CredentialsAreNotSentToATokenServerInTheClear()
    {
        await using var registry = new FakeRegistry(sample.Layout);
        registry.Intercept = context =>
        {
            FakeRegistry.Answer(context, 401, "", ("WWW-Authenticate", "Bearer realm=\"http://tokens.example/\""));
            return true;
        };
        var error = await Assert.ThrowsAsync<ImageException>(() => ImageSource.OpenAsync(registry.Reference, Quick));
        Assert.Contains("not https", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PassingFailuresAreRetried()
    {
        await using var registry = new FakeRegistry(sample.Layout);
        var failures = 0;
        registry.Intercept = context =>
        {
            if (failures++ >= 3) return false;
            FakeRegistry.Answer(context, 503, "", ("Retry-After", "0"));
            return true;
        };
        await using var image = await ImageSource.OpenAsync(registry.Reference, Quick);
        Assert.Equal(3, image.Layers.Count);
        Assert.True(failures > 3);
    }

    [Theory]
    [InlineData("flip", ImageError.DigestMismatch)]
    [InlineData("longer", ImageError.SizeMismatch)]
    [InlineData("shorter", ImageError.SizeMismatch)]
    public async Task BlobsThatAreNotWhatTheManifestSaysAreRefused(string change, ImageError expected)
    {
        await using var registry = new FakeRegistry(sample.Layout);
        await using var image = await ImageSource.OpenAsync(registry.Reference, Quick);
        var last = image.Layers[^1].Digest.ToString()!;
        registry.Change = (path, data) =>
        {
            if (!path.EndsWith(last, StringComparison.Ordinal)) return data;
            if (change == "flip") data[^9] ^= 1; // In the gzip trailer or the last bytes: archive members may be whole.
            return change switch { "longer" => [.. data, 0], "shorter" => data[..^1], _ => data };
        };
        var error = await Assert.ThrowsAsync<ImageException>(() => Layers.RootFileSystem.MergeAsync(image, Quick));
        Assert.Contains(error.Error, (ImageError[])[expected, ImageError.InvalidArchive]);
    }

    [Theory]
    [InlineData("busybox", "docker.io", "library/busybox", "latest")]
    [InlineData("user/app:1.2", "docker.io", "user/app", "1.2")]
    [InlineData("localhost/app", "localhost", "app", "latest")]
    [InlineData("ghcr.io/a/b/c:x", "ghcr.io", "a/b/c", "x")]
    [InlineData("[::1]:5000/a", "[::1]:5000", "a", "latest")]
    public void ReferencesAreReadAsDockerReadsThem(string text, string host, string repository, string target)
    {
        var reference = RegistryReference.Parse(text);
        Assert.Equal((host, repository, target), (reference.Host, reference.Repository, reference.Target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("UPPER")]
    [InlineData("a/../b")]
    [InlineData("host.example/../../x")]
    [InlineData("a:b:c")]
    [InlineData("a@sha256:12")]
    [InlineData("user:pass@host.example/a")]
    [InlineData("a?x=1")]
    public void MalformedReferencesAreRefused(string text) => Assert.Throws<ImageException>(() => RegistryReference.Parse(text));
}
