namespace Gantry.Images.Model;

/// <summary>Media types of OCI image-spec "media-types.md" and Docker's image manifest version 2, schema 2.</summary>
internal static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>What a registry is asked for.</summary>
    public static readonly string[] Manifests = [OciManifest, OciIndex, DockerManifest, DockerList];

    public static bool IsConfig(string? type) =>
        type is "application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json";

    /// <summary>Layers as tar archives; how they are compressed, their first bytes say.</summary>
    public static bool IsLayer(string? type) => type is not null
        && (type.StartsWith("application/vnd.oci.image.layer.v1.tar", StringComparison.Ordinal)
            || type.StartsWith("application/vnd.oci.image.layer.nondistributable.v1.tar", StringComparison.Ordinal)
            || type.StartsWith("application/vnd.docker.image.rootfs.diff.tar", StringComparison.Ordinal)
            || type.StartsWith("application/vnd.docker.image.rootfs.foreign.diff.tar", StringComparison.Ordinal))
        && !type.EndsWith("+encrypted", StringComparison.Ordinal);
}
