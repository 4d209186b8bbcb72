using System.Net;
using System.Net.Http.Headers;
using Gantry.Images.Model;
using Gantry.Images.Sources;

namespace Gantry.Images.Registry;

/// <summary>An image in a registry: OCI distribution-spec "Pull", which is Docker's registry HTTP API V2.</summary>
internal sealed class RegistrySource : IBlobSource
{
    private readonly RegistryReference _reference;
    private readonly RegistryTransport _transport;
    private readonly RegistryAuth _auth;
    private readonly ImageOptions _options;

    private RegistrySource(RegistryReference reference, ImageOptions options)
    {
        (_reference, _options) = (reference, options);
        _transport = new RegistryTransport(options);
        _auth = new RegistryAuth(reference, options, _transport);
    }

    public static async ValueTask<ResolvedImage> OpenAsync(RegistryReference reference, string name, ImageOptions options, CancellationToken cancellation)
    {
        var source = new RegistrySource(reference, options);
        var stream = await source.OpenManifestAsync(reference.Target, cancellation).ConfigureAwait(false);
        var json = await BoundedRead.AllAsync(stream, $"manifest of {reference}", reference.Digest, null, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
        return await new ManifestResolver(source, name, options).ResolveAsync(json, cancellation).ConfigureAwait(false);
    }

    public ValueTask<Stream> OpenManifestAsync(Digest digest, CancellationToken cancellation) => OpenManifestAsync(digest.ToString(), cancellation);

    public ValueTask<Stream> OpenBlobAsync(Digest digest, CancellationToken cancellation) =>
        ValueTask.FromResult<Stream>(new ResumingStream(
            (offset, c) => GetAsync($"blobs/{digest}", offset, c), _transport, _options.StallTimeout, $"blob {digest}"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<Stream> OpenManifestAsync(string target, CancellationToken cancellation) =>
        ValueTask.FromResult<Stream>(new ResumingStream(
            (offset, c) => GetAsync($"manifests/{target}", offset, c), _transport, _options.StallTimeout, $"manifest {target}"));

    /// <summary>GETs a path of the repository from <paramref name="offset"/> on, answering one challenge.</summary>
    private async ValueTask<HttpResponseMessage> GetAsync(string path, long offset, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_transport.BaseUri(_reference.ApiHost), $"v2/{_reference.Repository}/{path}"));
            request.Headers.Authorization = _auth.Header;
            // A browser names itself, and a name of ours would need the registry's consent (CORS).
            if (!OperatingSystem.IsBrowser()) request.Headers.UserAgent.Add(new ProductInfoHeaderValue("gantry", null));
            if (path.StartsWith("manifests/", StringComparison.Ordinal))
                foreach (var type in MediaTypes.Manifests) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
            if (offset > 0) request.Headers.Range = new RangeHeaderValue(offset, null);
            var response = await _transport.SendAsync(request, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                // Tokens run out during long pulls: a second 401 for the same request is a refusal.
                if (response.StatusCode == HttpStatusCode.Unauthorized && attempt == 1)
                {
                    await _auth.AnswerAsync(response, cancellation).ConfigureAwait(false);
                    continue;
                }
                throw response.StatusCode switch
                {
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ImageException(ImageError.Unauthorized,
                        $"{_reference.Host} refuses access to {_reference.Repository} ({(int)response.StatusCode}): wrong credentials, or no such image"),
                    HttpStatusCode.NotFound => new ImageException(ImageError.NotFound, $"{_reference.Host} has no {path} in {_reference.Repository}"),
                    _ => new ImageException(ImageError.Network, $"{_reference.Host} answers {(int)response.StatusCode} for {path} of {_reference.Repository}"),
                };
            }
        }
    }
}
