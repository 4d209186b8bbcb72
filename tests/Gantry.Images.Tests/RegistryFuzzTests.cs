using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Images.Registry;

namespace Gantry.Images.Tests;

/// <summary>A registry whose every answer may be wrong: statuses, headers, challenges, tokens, ranges, bodies.</summary>
public sealed class RegistryFuzzTests
{
    private const int Rounds = 400;

    [Theory]
    [InlineData(81)]
    [InlineData(82)]
    [InlineData(83)]
    public async Task AnswersGiveTypedErrorsOnly(int seed)
    {
        var random = new Random(seed);
        var failures = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var handler = new Liar(random);
            using var http = new HttpMessageInvoker(handler);
            var options = new ImageOptions
            {
                Http = http,
                Credentials = new FixedCredentials(random.Next(3) switch { 0 => null, 1 => new RegistryCredential("user", "secret"), _ => new RegistryCredential("", "", "secret") }),
                RetryDelay = TimeSpan.Zero,
                CreateSpool = () => new MemoryStream(),
            };
            var error = await Record.ExceptionAsync(async () =>
            {
                await using var image = await ImageSource.OpenAsync("docker://registry.example/team/app:1", options);
                await (await Layers.RootFileSystem.MergeAsync(image, options)).DisposeAsync();
            });
            Assert.True(error is null or ImageException, $"seed {seed}, round {round}: {error}");
            Assert.False(handler.LeakedTo.Count != 0, $"seed {seed}, round {round}: credentials went to {string.Join(", ", handler.LeakedTo)}");
            if (error is not null) failures++;
        }

        Assert.InRange(failures, Rounds / 10, Rounds - 10);
    }

    private sealed class FixedCredentials(RegistryCredential? credential) : ICredentialSource
    {
        public ValueTask<RegistryCredential?> FindAsync(string registry, CancellationToken cancellation) => ValueTask.FromResult(credential);
    }

    /// <summary>Serves one image, mostly.</summary>
    private sealed class Liar(Random random) : HttpMessageHandler
    {
        private const string Trusted = "https://registry.example";
        private static readonly byte[] Layer = new TarBuilder().Add("f", data: "data").Build();
        private static readonly byte[] Config = Encoding.UTF8.GetBytes($$"""{"os":"linux","architecture":"riscv64","rootfs":{"type":"layers","diff_ids":["{{Digest.Sha256(Layer)}}"]} }""");
        private static readonly JsonNode Manifest = JsonNode.Parse($$"""
            {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Digest.Sha256(Config)}}","size":{{Config.Length}}},
             "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{Digest.Sha256(Layer)}}","size":{{Layer.Length}}}]}
            """)!;

        private static readonly string[] Challenges =
        [
            "Bearer realm=\"https://registry.example/token\",service=\"s\",scope=\"repository:team/app:pull\"", "Bearer realm=\"http://evil.example/token\"", "Bearer realm=\"not a uri\"", "Bearer realm=\"/token\"",
            "Bearer", "Basic realm=\"x\"", "Basic", "Digest nonce=\"1\"", "Bearer realm=\"https://registry.example/token?a=b#c\",scope=\"", "Bearer realm=\"https://[::/\"", "Bearer =,=,=", "", "\u00fc=1",
            "Bearer realm=\"file:///etc/passwd\"", "Basic realm=\"x\", Bearer realm=\"https://registry.example/token\"",
        ];

        private static readonly string[] Locations =
        [
            "https://store.example/blob", "http://evil.example/", "https://[", "//", "", "../x", "https://registry.example:99999/", "javascript:1", "file:///etc/passwd", "https://registry.example/v2/", "?", "https://ü.example/%",
        ];

        private static readonly string[] Tokens = ["""{"token":"t"}""", """{"access_token":"t"}""", "{}", "null", "[]", "", """{"token":1}""", """{"token":"a b"}""", "{\"token\":\"a\\r\\nX: y\"}", """{"token":"ü"}""", "{\"token\":\"\"}"];

        /// <summary>Hosts that were shown the secret and are not the registry.</summary>
        public List<string> LeakedTo { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var uri = request.RequestUri!;
            if (request.Headers.Authorization is not null && uri.GetLeftPart(UriPartial.Authority) != Trusted) LeakedTo.Add(uri.Host);
            if (random.Next(12) == 0) throw new HttpRequestException("the connection was refused");
            var answer = random.Next(4) == 0 ? Lie() : Tell(uri, request.Headers.Range?.Ranges.FirstOrDefault()?.From ?? 0);
            answer.RequestMessage = request;
            return Task.FromResult(answer);
        }

        private HttpResponseMessage Tell(Uri uri, long from)
        {
            var path = uri.AbsolutePath;
            if (path.EndsWith("/token", StringComparison.Ordinal)) return new HttpResponseMessage { Content = new StringContent(Tokens[random.Next(random.Next(2) == 0 ? 1 : Tokens.Length)]) };
            var manifest = random.Next(6) == 0 ? new JsonMutator(random).Mutate(Manifest) : Manifest;
            var body = path.Contains("/manifests/", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(manifest.ToJsonString())
                : path.EndsWith(Digest.Sha256(Config).Hex, StringComparison.Ordinal) ? Config : Layer;
            var length = body.Length;
            if (random.Next(8) == 0) body = body[..random.Next(body.Length)];
            if (random.Next(10) == 0) body = [.. body, 0];
            if (from > body.Length || (from > 0 && random.Next(3) == 0)) from = 0;
            var answer = new HttpResponseMessage(from > 0 ? HttpStatusCode.PartialContent : HttpStatusCode.OK) { Content = new ByteArrayContent(body[(int)from..]) };
            if (random.Next(3) == 0) answer.Content.Headers.ContentLength = length - from;
            if (from > 0) answer.Content.Headers.TryAddWithoutValidation("Content-Range", random.Next(4) == 0 ? "bytes */x" : $"bytes {from}-{body.Length - 1}/{length}");
            return answer;
        }

        private HttpResponseMessage Lie()
        {
            int[] statuses = [200, 204, 206, 301, 302, 307, 308, 401, 401, 401, 403, 404, 416, 429, 503];
            var answer = new HttpResponseMessage((HttpStatusCode)statuses[random.Next(statuses.Length)]) { Content = new ByteArrayContent(new byte[random.Next(40)]) };
            answer.Headers.TryAddWithoutValidation("WWW-Authenticate", Challenges[random.Next(Challenges.Length)]);
            answer.Headers.TryAddWithoutValidation("Location", Locations[random.Next(Locations.Length)]);
            answer.Headers.TryAddWithoutValidation("Retry-After", random.Next(2) == 0 ? "0" : "soon");
            answer.Content.Headers.TryAddWithoutValidation("Content-Length", random.Next(2) == 0 ? "-5" : "99999999999999999999");
            return answer;
        }
    }
}
