using System.Net.Http.Headers;
using System.Text;
using Gantry.Images.Model;
using Gantry.Images.Sources;

namespace Gantry.Images.Registry;

/// <summary>Answers a registry's challenges: Basic (RFC 7617) and Bearer tokens (distribution "Token Authentication Specification").</summary>
internal sealed class RegistryAuth(RegistryReference reference, ImageOptions options, RegistryTransport transport)
{
    private readonly ICredentialSource _credentials = options.Credentials ?? new DockerConfigCredentials();

    /// <summary>What requests to the registry carry; null until it has demanded something.</summary>
    public AuthenticationHeaderValue? Header { get; private set; }

    /// <summary>Gets what <paramref name="response"/> (401) demands; throws when it cannot be had.</summary>
    public async ValueTask AnswerAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var credential = await _credentials.FindAsync(reference.Host, cancellation).ConfigureAwait(false);
        foreach (var value in response.Headers.WwwAuthenticate)
        {
            if (AuthChallenge.Parse(value.Scheme, value.Parameter) is not { } challenge) continue;
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            {
                Header = new AuthenticationHeaderValue("Bearer", await FetchTokenAsync(challenge, credential, cancellation).ConfigureAwait(false));
                return;
            }
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                Header = credential is { IdentityToken: null } ? Basic(credential) : throw NoCredentials();
                return;
            }
        }
        throw new ImageException(ImageError.Unauthorized, $"{reference.Host} demands a kind of authentication that is not supported");
    }

    private ImageException NoCredentials() => new(ImageError.Unauthorized,
        $"{reference.Host} demands credentials for {reference.Repository} and there are none: run docker login {reference.Host} (or skopeo login --authfile ~/.docker/config.json)");

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Password}")));

    private async ValueTask<string> FetchTokenAsync(AuthChallenge challenge, RegistryCredential? credential, CancellationToken cancellation)
    {
        if (!challenge.Parameters.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var uri))
            throw new ImageException(ImageError.Unauthorized, $"{reference.Host} demands a token but names no valid realm");
        // The realm is the registry's word: credentials must not travel to it in the clear.
        transport.RequireSafe(uri);
        var scope = challenge.Parameters.GetValueOrDefault("scope") ?? $"repository:{reference.Repository}:pull";
        var service = challenge.Parameters.GetValueOrDefault("service");
        using var request = credential?.IdentityToken is { } refresh
            ? RefreshRequest(uri, service, scope, refresh)
            : TokenRequest(uri, service, scope, credential);
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new ImageException(ImageError.Unauthorized, credential is null
                ? $"{uri.Host} gives no token for {reference.Repository} without credentials ({(int)response.StatusCode}): run docker login {reference.Host}"
                : $"{uri.Host} refuses the credentials for {reference.Host} ({(int)response.StatusCode})");
        }
        var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var json = await BoundedRead.AllAsync(body, "token", null, null, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
        var token = ImageJson.Parse(json, ImageJson.Default.TokenResponse, "token");
        return (string.IsNullOrEmpty(token.Token) ? token.AccessToken : token.Token) is { Length: > 0 } text && !text.AsSpan().ContainsAnyInRange('\0', ' ')
            ? text : throw new ImageException(ImageError.Unauthorized, $"{uri.Host} answered without a token");
    }

    private static HttpRequestMessage TokenRequest(Uri realm, string? service, string scope, RegistryCredential? credential)
    {
        var query = (service is null ? "" : $"service={Uri.EscapeDataString(service)}&") + $"scope={Uri.EscapeDataString(scope)}";
        var address = new UriBuilder(realm);
        address.Query = address.Query.Length > 1 ? $"{address.Query[1..]}&{query}" : query;
        var request = new HttpRequestMessage(HttpMethod.Get, address.Uri);
        if (credential is not null) request.Headers.Authorization = Basic(credential);
        return request;
    }

    /// <summary>OAuth2 (distribution "Docker Registry v2 authentication using OAuth2") for tokens kept by docker login.</summary>
    private static HttpRequestMessage RefreshRequest(Uri realm, string? service, string scope, string refresh) => new(HttpMethod.Post, realm)
    {
        Content = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"), new("service", service ?? ""), new("client_id", "gantry"),
            new("scope", scope), new("refresh_token", refresh),
        ]),
    };
}
