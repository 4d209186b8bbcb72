using System.Text.Json.Serialization;

namespace Gantry.Images.Model;

/// <summary>OCI image-spec "descriptor.md".</summary>
internal sealed record Descriptor
{
    [JsonPropertyName("mediaType")] public string? MediaType { get; init; }
    [JsonPropertyName("digest")] public string? Digest { get; init; }
    [JsonPropertyName("size")] public long? Size { get; init; }
    [JsonPropertyName("platform")] public PlatformRecord? Platform { get; init; }
    [JsonPropertyName("annotations")] public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    [JsonIgnore] public Digest ParsedDigest => Images.Digest.Parse(Digest);
    [JsonIgnore]
    public long CheckedSize => Size is { } size and >= 0
        ? size : throw new ImageException(ImageError.InvalidManifest, $"the descriptor of {Printable.Of(Digest ?? "?")} has no valid size");
}

internal sealed record PlatformRecord
{
    [JsonPropertyName("os")] public string? Os { get; init; }
    [JsonPropertyName("architecture")] public string? Architecture { get; init; }
    [JsonPropertyName("variant")] public string? Variant { get; init; }

    public Platform? ToPlatform() => Os is null || Architecture is null ? null : new Platform(Os, Architecture, string.IsNullOrEmpty(Variant) ? null : Variant);
}

/// <summary>A manifest or an index: which of them, the members say (OCI's mediaType member is optional).</summary>
internal sealed record ManifestDocument
{
    [JsonPropertyName("schemaVersion")] public int? SchemaVersion { get; init; }
    [JsonPropertyName("mediaType")] public string? MediaType { get; init; }
    [JsonPropertyName("config")] public Descriptor? Config { get; init; }
    [JsonPropertyName("layers")] public IReadOnlyList<Descriptor?>? Layers { get; init; }
    [JsonPropertyName("manifests")] public IReadOnlyList<Descriptor?>? Manifests { get; init; }
}

/// <summary>One image of a docker-archive's <c>manifest.json</c>.</summary>
internal sealed record DockerArchiveItem
{
    public string? Config { get; init; }
    public IReadOnlyList<string>? RepoTags { get; init; }
    public IReadOnlyList<string?>? Layers { get; init; }
}

/// <summary><c>oci-layout</c>, OCI image-spec "image-layout.md".</summary>
internal sealed record OciLayoutFile
{
    [JsonPropertyName("imageLayoutVersion")] public string? Version { get; init; }
}

/// <summary>What a token server answers (distribution "Token Authentication Specification").</summary>
internal sealed record TokenResponse
{
    [JsonPropertyName("token")] public string? Token { get; init; }
    [JsonPropertyName("access_token")] public string? AccessToken { get; init; }
}

/// <summary>The members of Docker's <c>config.json</c> that hold credentials.</summary>
internal sealed record DockerConfigFile
{
    [JsonPropertyName("auths")] public IReadOnlyDictionary<string, DockerAuth?>? Auths { get; init; }
    [JsonPropertyName("credHelpers")] public IReadOnlyDictionary<string, string>? CredentialHelpers { get; init; }
    [JsonPropertyName("credsStore")] public string? CredentialStore { get; init; }
}

internal sealed record DockerAuth
{
    [JsonPropertyName("auth")] public string? Auth { get; init; }
    [JsonPropertyName("username")] public string? Username { get; init; }
    [JsonPropertyName("password")] public string? Password { get; init; }
    [JsonPropertyName("identitytoken")] public string? IdentityToken { get; init; }
    [JsonPropertyName("registrytoken")] public string? RegistryToken { get; init; }
}
