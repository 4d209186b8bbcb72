using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Images.Layers;
using Gantry.Images.Registry;
using Gantry.Images.Sources;

namespace Gantry.Images.Tests;

/// <summary>
/// Every reader of what others wrote, on damaged input: the only exception is <see cref="ImageException"/>, with a message that can be shown.
/// A failure names seed and round; tar archives and plain byte mutations of an index are in <see cref="HostileLayerTests"/> and <see cref="ManifestTests"/>.
/// </summary>
public sealed class FuzzTests
{
    private const string Content = "what the file holds";
    private static readonly ImageLimits Small = new() { MaxEntries = 1000, MaxContentBytes = 1 << 20, MaxLayerBytes = 1 << 22, MaxMetadataBytes = 1 << 20 };
    private static readonly byte[] Tar = new TarBuilder().Add("d/", '5').Add("d/f", data: Content).Add("bin/", '5').Add("bin/sh", data: "\u007fELF\u0002\u0001 and so on").Build();

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public async Task DocumentsOfLayoutsGiveTypedErrorsOnly(int seed)
    {
        var random = new Random(seed);
        var mutator = new JsonMutator(random);
        await RunAsync(seed, 2000, 200, async () =>
        {
            var files = new MemoryFiles { ["oci-layout"] = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray() };
            var changed = random.Next(4);
            var config = files.Store(Changed(Config, 0));
            var manifest = files.Store(Changed(Parse($$"""
                {"schemaVersion":2,"config":{{config("application/vnd.oci.image.config.v1+json")}},"layers":[{{files.Store(Tar)("application/vnd.oci.image.layer.v1.tar")}}]}
                """), 1));
            var platform = """, "platform":{"os":"linux","architecture":"riscv64"},"annotations":{"org.opencontainers.image.ref.name":"x"}""";
            var nested = files.Store(Changed(Parse($$"""{"schemaVersion":2,"manifests":[{{manifest("application/vnd.oci.image.manifest.v1+json", platform)}}]}"""), 2));
            files["index.json"] = Changed(Parse($$"""
                {"schemaVersion":2,"manifests":[{{nested("application/vnd.oci.image.index.v1+json", platform)}},{{manifest("application/vnd.oci.image.manifest.v1+json")}}]}
                """), 3);
            var options = Options(random);
            await using var image = await new OciLayout(files, options).ResolveAsync(random.Next(2) == 0 ? "x" : null, "fuzz", default);
            await (await RootFileSystem.MergeAsync(image, options)).DisposeAsync();

            byte[] Changed(JsonNode document, int which) => Bytes(which == changed ? mutator.Mutate(document) : document);
        });
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public async Task DocumentsOfDockerArchivesGiveTypedErrorsOnly(int seed)
    {
        var random = new Random(seed);
        var mutator = new JsonMutator(random);
        await RunAsync(seed, 2000, 200, async () =>
        {
            var changesConfig = random.Next(2) == 0;
            var config = Bytes(changesConfig ? mutator.Mutate(Config) : Config);
            var name = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
            var list = Parse($$"""[{"Config":"{{name}}","RepoTags":["example/x:1"],"Layers":["layer.tar"]}]""");
            var files = new MemoryFiles { [name] = config, ["layer.tar"] = Tar, ["manifest.json"] = Bytes(changesConfig ? list : mutator.Mutate(list)) };
            var options = Options(random);
            await using var image = await new DockerArchive(files, options).ResolveAsync(random.Next(2) == 0 ? "example/x:1" : null, "fuzz", default);
            await (await RootFileSystem.MergeAsync(image, options)).DisposeAsync();
        });
    }

    [Theory]
    [InlineData("gzip", 41)]
    [InlineData("gzip", 42)]
    [InlineData("zstd", 43)]
    [InlineData("zstd", 44)]
    public async Task DamagedCompressionIsAnErrorOrTheSameLayer(string compression, int seed)
    {
        var random = new Random(seed);
        var noise = new byte[20_000];
        random.NextBytes(noise);
        var whole = new TarBuilder().Add("f", data: Content).Add("noise", data: Encoding.Latin1.GetString(noise)).Add("zeros", data: new string('\0', 50_000)).Build();
        var diffId = Digest.Sha256(whole);
        var packed = Compress(compression, whole);
        await RunAsync(seed, 3000, 1000, async () =>
        {
            var bad = Damage(packed, random);
            await using var image = new ResolvedImage
            {
                Reference = "fuzz",
                Platform = null,
                Config = new Model.ImageConfig(),
                Layers = [new ImageLayer("layer", null, null, diffId, _ => ValueTask.FromResult<Stream>(new MemoryStream(bad)))],
            };
            await using var root = await RootFileSystem.MergeAsync(image, Options(random));
            Assert.Equal(Content, Encoding.Latin1.GetString(await root.ReadFileAsync("/f", 1000) ?? []));
        });
    }

    [Theory]
    [InlineData("gzip", 51)]
    [InlineData("zstd", 52)]
    [InlineData("none", 53)]
    public async Task DamagedArchivesOfImagesGiveTypedErrorsOnly(string compression, int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var config = Bytes(Config);
        var name = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
        var archive = new TarBuilder().Add(name, data: Encoding.UTF8.GetString(config)).Add("a/layer.tar", data: Encoding.Latin1.GetString(Tar)).Add("b/layer.tar", '2', "../a/layer.tar")
            .Add("manifest.json", data: $$"""[{"Config":"{{name}}","RepoTags":["x:1"],"Layers":["b/layer.tar"]}]""").Build();
        var packed = compression == "none" ? archive : Compress(compression, archive);
        await RunAsync(seed, 400, 20, async () =>
        {
            await File.WriteAllBytesAsync(folder["image"], Damage(packed, random));
            await using var image = await ImageSource.OpenAsync(folder["image"], Options(random));
            await using var root = await RootFileSystem.MergeAsync(image, Options(random));
            await root.DetectPlatformAsync();
        });
    }

    [Theory]
    [InlineData(61)]
    [InlineData(62)]
    public async Task DockersConfigurationGivesTypedErrorsOnly(int seed)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(seed);
        var mutator = new JsonMutator(random);
        var document = Parse("""
            {"auths":{"registry.example":{"auth":"dXNlcjpwYXNzd29yZA=="},"https://other.example/v1/":{"username":"u","password":"p"},"third.example":{"identitytoken":"t"}},
             "credHelpers":{"fourth.example":"helper"},"credsStore":"store"}
            """);
        string[] hosts = ["registry.example", "other.example", "third.example", "fourth.example", "docker.io"];
        await RunAsync(seed, 1000, 50, async () =>
        {
            await File.WriteAllBytesAsync(folder["config.json"], Bytes(mutator.Mutate(document)));
            await new DockerConfigCredentials(folder["config.json"]).FindAsync(hosts[random.Next(hosts.Length)], default);
        });
    }

    [Theory]
    [InlineData(71)]
    [InlineData(72)]
    public async Task TextsGiveTypedErrorsOnly(int seed)
    {
        var random = new Random(seed);
        string[] parts = ["a", "library", "/", ":", "@", "sha256:", new string('0', 64), "localhost:5000", "[::1]", "..", "Bearer", "realm", "=", "\"", "\\", ",", " ", "\0", "\u001b", "ü", "linux", "arm64", "v8", "-", "_", "99999999"];
        await RunAsync(seed, 20_000, 1000, () =>
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            AuthChallenge.Parse("Bearer", text);
            switch (random.Next(3))
            {
                case 0: Assert.Equal(RegistryReference.Parse(text).ToString(), RegistryReference.Parse(RegistryReference.Parse(text).ToString()).ToString()); break;
                case 1: Assert.Equal(Platform.Parse(text), Platform.Parse(Platform.Parse(text).ToString())); break;
                default: Assert.Equal(text, Digest.Parse(text).ToString()); break;
            }

            return Task.CompletedTask;
        });
    }

    private static JsonNode Config => Parse($$$"""
        {"os":"linux","architecture":"riscv64","config":{"Cmd":["/bin/sh"],"Entrypoint":["a"],"Env":["A=b"],"User":"1:2","Labels":{"k":"v"},"ExposedPorts":{"80/tcp":{}},"Volumes":{"/v":{} } },
         "rootfs":{"type":"layers","diff_ids":["{{{Digest.Sha256(Tar)}}}"]}}
        """);

    /// <summary>Some of the input must be refused and some accepted, or the test tests little.</summary>
    private static async Task RunAsync(int seed, int rounds, int leastFailures, Func<Task> round)
    {
        var failures = 0;
        for (var i = 0; i < rounds; i++)
        {
            var error = await Record.ExceptionAsync(round);
            Assert.True(error is null or ImageException, $"seed {seed}, round {i}: {error}");
            if (error is null) continue;
            failures++;
            Assert.False(error.Message.Any(char.IsControl), $"seed {seed}, round {i}: a message with control characters: {JsonSerializer.Serialize(error.Message)}");
        }

        Assert.True(failures >= leastFailures && failures < rounds, $"seed {seed}: {failures} of {rounds} were refused");
    }

    private static ImageOptions Options(Random random) => new() { Limits = Small, CreateSpool = () => new MemoryStream(), Platforms = random.Next(2) == 0 ? [] : [new Platform("linux", "riscv64")] };

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var bad = (byte[])bytes.Clone();
        for (var n = random.Next(0, 4); n > 0; n--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
        // The heads of the formats are small beside their data.
        if (random.Next(2) == 0) bad[random.Next(Math.Min(bad.Length, 24))] = (byte)random.Next(256);
        return random.Next(4) switch { 0 => bad[..random.Next(bad.Length + 1)], 1 => [.. bad, .. bytes[..random.Next(bytes.Length + 1)]], _ => bad };
    }

    private static byte[] Compress(string compression, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = compression == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new ZstdSharp.CompressionStream(packed, leaveOpen: true))
            stream.Write(bytes);
        return packed.ToArray();
    }

    private static JsonNode Parse(string json) => JsonNode.Parse(json)!;

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    /// <summary>Files of a layout, in memory.</summary>
    private sealed class MemoryFiles : IFileSet
    {
        private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

        public byte[] this[string name]
        {
            set => _files[name] = value;
        }

        public string Name => "memory";

        public Stream? Open(string path) => _files.TryGetValue(path, out var bytes) ? new MemoryStream(bytes) : null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>Adds a blob; returns what writes its descriptor.</summary>
        public Descriptor Store(byte[] bytes)
        {
            var digest = Digest.Sha256(bytes);
            this[$"blobs/sha256/{digest.Hex}"] = bytes;
            return (type, more) => $$"""{"mediaType":"{{type}}","digest":"{{digest}}","size":{{bytes.Length}}{{more}}}""";
        }
    }

    private delegate string Descriptor(string mediaType, string more = "");
}
