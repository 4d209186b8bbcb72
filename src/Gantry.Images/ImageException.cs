namespace Gantry.Images;

/// <summary>What kind of mistake an <see cref="ImageException"/> reports.</summary>
public enum ImageError
{
    /// <summary>The reference cannot be understood (transport, tag, digest).</summary>
    InvalidReference,
    /// <summary>File, tag, manifest or blob does not exist.</summary>
    NotFound,
    /// <summary>The registry refuses access, or credentials are missing or kept elsewhere.</summary>
    Unauthorized,
    /// <summary>The network or registry failed for good, after retries.</summary>
    Network,
    /// <summary>Bytes do not have the digest they were asked for by.</summary>
    DigestMismatch,
    /// <summary>More or fewer bytes than the descriptor says.</summary>
    SizeMismatch,
    /// <summary>An index, manifest or image configuration is malformed.</summary>
    InvalidManifest,
    /// <summary>A media type, compression or tar entry type which is not supported.</summary>
    Unsupported,
    /// <summary>The image exists, but not for the platform asked for.</summary>
    NoMatchingPlatform,
    /// <summary>A tar archive or compressed stream is malformed.</summary>
    InvalidArchive,
    /// <summary>An entry tries to leave the root or hides what it names.</summary>
    UnsafePath,
    /// <summary>A bound of <see cref="ImageLimits"/> or of the EROFS format is exceeded.</summary>
    LimitExceeded,
    /// <summary>An EROFS image is malformed.</summary>
    InvalidFileSystem,
}

/// <summary>A mistake in an image, archive, reference or registry: the input's fault, never an internal error.</summary>
public sealed class ImageException(ImageError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of mistake, for exit codes and tests.</summary>
    public ImageError Error { get; } = error;
}
