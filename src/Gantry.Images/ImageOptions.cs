using Gantry.Images.Registry;

namespace Gantry.Images;

/// <summary>How images are found and read.</summary>
public sealed record ImageOptions
{
    /// <summary>Platforms in order of preference; the first one an index offers is taken. Empty: an index must offer exactly one.</summary>
    public IReadOnlyList<Platform> Platforms { get; init; } = [];

    /// <summary>Bounds on the input.</summary>
    public ImageLimits Limits { get; init; } = ImageLimits.Default;

    /// <summary>Makes the seekable, empty stream that holds file data or an unpacked archive for a while; a temporary file by default.</summary>
    public Func<Stream>? CreateSpool { get; init; }

    /// <summary>Sends requests to registries; by default one that follows no redirects by itself and keeps no cookies. Not disposed.</summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>Credentials for registries; by default those in Docker's configuration file.</summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Registries (host or host:port) to talk to without TLS, besides this machine's own.</summary>
    public IReadOnlySet<string> InsecureRegistries { get; init; } = new HashSet<string>();

    /// <summary>Pauses between attempts; tests shorten it.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long a registry may send nothing before the connection is given up and resumed.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
