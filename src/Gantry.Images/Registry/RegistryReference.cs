using System.Text.RegularExpressions;

namespace Gantry.Images.Registry;

/// <summary>An image in a registry, <c>[HOST[:PORT]/]NAME[:TAG][@DIGEST]</c> (distribution "reference").</summary>
public sealed partial record RegistryReference(string Host, string Repository, string? Tag, Digest? Digest)
{
    private const string DockerHub = "docker.io", DockerHubApi = "registry-1.docker.io";

    /// <summary>The host that serves the API, which for Docker Hub is not its name.</summary>
    public string ApiHost => Host == DockerHub ? DockerHubApi : Host;

    /// <summary>What follows <c>/manifests/</c>: the digest if there is one, else the tag.</summary>
    public string Target => Digest?.ToString() ?? Tag ?? "latest";

    /// <summary>Reads a reference; Docker Hub, <c>library/</c> and <c>latest</c> are understood.</summary>
    public static RegistryReference Parse(string text)
    {
        var rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@', StringComparison.Ordinal) is > 0 and var at)
        {
            digest = Images.Digest.Parse(rest[(at + 1)..]);
            rest = rest[..at];
        }
        string? tag = null;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/') && colon >= 0)
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
        }
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : rest[..slash];
        var hasHost = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        var host = hasHost ? first : DockerHub;
        var repository = hasHost ? rest[(slash + 1)..] : rest;
        if (host is "index.docker.io" or DockerHubApi) host = DockerHub;
        if (host == DockerHub && !repository.Contains('/', StringComparison.Ordinal)) repository = "library/" + repository;
        if (!HostPattern().IsMatch(host) || !RepositoryPattern().IsMatch(repository) || repository.Length > 255 || (tag is not null && !TagPattern().IsMatch(tag)))
            throw new ImageException(ImageError.InvalidReference, $"not an image reference: \"{Printable.Of(text)}\"; write [HOST/]NAME[:TAG][@DIGEST] in lower case");
        return new RegistryReference(host, repository, tag, digest);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Host}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is null ? "" : "@" + Digest)}";

    [GeneratedRegex(@"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex HostPattern();

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();
}
