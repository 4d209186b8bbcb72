using System.Text;
using Gantry.Images.Model;

namespace Gantry.Images.Registry;

/// <summary>What a registry is shown: a user name and password, or a token given at login.</summary>
/// <param name="Username">User name; empty with a token.</param>
/// <param name="Password">Password; empty with a token.</param>
/// <param name="IdentityToken">A refresh token for the registry's token server, or null.</param>
public sealed record RegistryCredential(string Username, string Password, string? IdentityToken = null)
{
    /// <summary>Hides the secrets.</summary>
    public override string ToString() => $"credential of {Username}";
}

/// <summary>Finds credentials; asked only when a registry demands some.</summary>
public interface ICredentialSource
{
    /// <summary>The credential for a registry (<c>docker.io</c>, <c>localhost:5000</c>); null for none.</summary>
    ValueTask<RegistryCredential?> FindAsync(string registry, CancellationToken cancellation);
}

/// <summary>Credentials from Docker's configuration, <c>$DOCKER_CONFIG/config.json</c> or <c>~/.docker/config.json</c>.</summary>
/// <param name="path">The file, or null for the usual place. A file that does not exist holds no credentials.</param>
public sealed class DockerConfigCredentials(string? path = null) : ICredentialSource
{
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private readonly string _path = path ?? Path.Combine(
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker"), "config.json");

    /// <inheritdoc/>
    public async ValueTask<RegistryCredential?> FindAsync(string registry, CancellationToken cancellation)
    {
        if (!File.Exists(_path)) return null;
        var json = await File.ReadAllBytesAsync(_path, cancellation).ConfigureAwait(false);
        var config = ImageJson.Parse(json, ImageJson.Default.DockerConfigFile, _path);
        var key = registry == "docker.io" ? DockerHubKey : registry;
        var auth = Lookup(config.Auths, key);
        if (auth is not null && ToCredential(auth, registry) is { } credential) return credential;
        // Helpers are programs, and this library starts none.
        var helper = Lookup(config.CredentialHelpers, key) ?? (auth is null ? null : config.CredentialStore);
        return helper is null ? null : throw new ImageException(ImageError.Unauthorized,
            $"the credentials for {registry} are kept by docker-credential-{Printable.Of(helper)}, which is not started from here: "
            + $"put them under \"auths\" in {_path} (docker login without credsStore), or copy the image with skopeo");
    }

    private static T? Lookup<T>(IReadOnlyDictionary<string, T>? entries, string key)
    {
        if (entries is null) return default;
        foreach (var (name, value) in entries)
            if (name == key || (name != DockerHubKey && HostOf(name) == key)) return value;
        return default;
    }

    /// <summary>Old entries are URLs: https://HOST/v1/.</summary>
    private static string HostOf(string name)
    {
        var scheme = name.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? name : name[(scheme + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? rest : rest[..slash];
    }

    private RegistryCredential? ToCredential(DockerAuth auth, string registry)
    {
        if (!string.IsNullOrEmpty(auth.IdentityToken)) return new RegistryCredential("", "", auth.IdentityToken);
        if (!string.IsNullOrEmpty(auth.Username)) return new RegistryCredential(auth.Username, auth.Password ?? "");
        if (string.IsNullOrEmpty(auth.Auth)) return null;
        try
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Auth)).TrimEnd('\0');
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) return new RegistryCredential(text[..colon], text[(colon + 1)..]);
        }
        catch (FormatException)
        {
        }
        throw new ImageException(ImageError.Unauthorized, $"the \"auth\" of {registry} in {_path} is not the base64 of USER:PASSWORD");
    }
}
