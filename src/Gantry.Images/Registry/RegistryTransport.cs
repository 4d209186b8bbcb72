using System.Net;

namespace Gantry.Images.Registry;

/// <summary>Sends requests: retries what may pass, follows redirects without taking the authorization to another origin.</summary>
internal sealed class RegistryTransport(ImageOptions options)
{
    private const int MaxAttempts = 5, MaxRedirects = 5;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);

    // One for the process: connections are kept. In browsers fetch follows redirects itself, by the same rule.
    private static readonly Lazy<HttpMessageInvoker> Shared = new(() => new HttpMessageInvoker(OperatingSystem.IsBrowser()
        ? new HttpClientHandler()
        : new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        }));

    private readonly HttpMessageInvoker _http = options.Http ?? Shared.Value;

    /// <summary>The scheme and host for the API of <paramref name="host"/>: http only for this machine and hosts named as insecure.</summary>
    public Uri BaseUri(string host) => new($"{(IsPlain(host) ? "http" : "https")}://{host}/");

    /// <summary>Throws unless <paramref name="uri"/> is https, or http to a host where that is allowed.</summary>
    public void RequireSafe(Uri uri)
    {
        if (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && IsPlain(uri.Authority))) return;
        throw new ImageException(ImageError.Network, $"a registry points to {Printable.Of(uri.GetLeftPart(UriPartial.Authority))}, which is not https: refused");
    }

    /// <summary>Sends a request; answers of any status but redirects and passing failures are returned. The body is not read.</summary>
    public async ValueTask<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? after = null;
            string failure;
            try
            {
                var response = await FollowAsync(request, cancellation).ConfigureAwait(false);
                if (!IsPassing(response.StatusCode)) return response;
                after = response.Headers.RetryAfter?.Delta;
                failure = $"{(int)response.StatusCode} {Printable.Of(response.ReasonPhrase ?? "")}";
                response.Dispose();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
            {
                failure = e.Message;
            }
            if (attempt == MaxAttempts) throw new ImageException(ImageError.Network, $"{request.RequestUri!.Authority}: {failure} (after {MaxAttempts} attempts)");
            await DelayAsync(attempt, after, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits before attempt <paramref name="attempt"/> + 1: twice as long each time, or as long as the server asks, bounded.</summary>
    public async ValueTask DelayAsync(int attempt, TimeSpan? asked, CancellationToken cancellation)
    {
        var delay = asked ?? options.RetryDelay * Math.Pow(2, attempt - 1);
        await Task.Delay(delay < MaxDelay ? delay : MaxDelay, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<HttpResponseMessage> FollowAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var uri = request.RequestUri!;
        for (var redirects = 0; ; redirects++)
        {
            using var copy = await CopyAsync(request, uri, cancellation).ConfigureAwait(false);
            using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            stall.CancelAfter(options.StallTimeout);
            HttpResponseMessage response;
            try
            {
                response = await SendHeadersAsync(copy, stall.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new TimeoutException($"no answer within {options.StallTimeout.TotalSeconds:0} s");
            }
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)) return response;
            var location = response.Headers.Location;
            response.Dispose();
            if (location is null || redirects == MaxRedirects || !Uri.TryCreate(uri, location, out var next))
                throw new ImageException(ImageError.Network, $"{uri.Authority} redirects too often or to nowhere");
            uri = next;
            RequireSafe(uri);
        }
    }

    /// <summary>HttpClient completes on headers only when asked; an invoker always does.</summary>
    private Task<HttpResponseMessage> SendHeadersAsync(HttpRequestMessage request, CancellationToken cancellation) => _http is HttpClient client
        ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation)
        : _http.SendAsync(request, cancellation);

    private static async ValueTask<HttpRequestMessage> CopyAsync(HttpRequestMessage request, Uri uri, CancellationToken cancellation)
    {
        var copy = new HttpRequestMessage(request.Method, uri);
        var sameOrigin = Uri.Compare(uri, request.RequestUri!, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
        foreach (var (name, values) in request.Headers)
            if (sameOrigin || name != "Authorization") copy.Headers.TryAddWithoutValidation(name, values);
        if (request.Content is not null && !sameOrigin)
            throw new ImageException(ImageError.Network, "a token server redirects a login to another origin: refused");
        if (request.Content is not null)
        {
            copy.Content = new ByteArrayContent(await request.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
            copy.Content.Headers.ContentType = request.Content.Headers.ContentType;
        }
        return copy;
    }

    private bool IsPlain(string authority)
    {
        var port = authority.LastIndexOf(':');
        var host = port > authority.LastIndexOf(']') ? authority[..port] : authority;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
            || options.InsecureRegistries.Contains(authority) || options.InsecureRegistries.Contains(host);
    }

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
