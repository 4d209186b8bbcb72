using System.Text.Json.Serialization;

namespace Gantry.Images.Model;

/// <summary>An image's configuration, OCI image-spec "config.md"; Docker's has the same members.</summary>
public sealed record ImageConfig
{
    [JsonPropertyName("architecture")] public string? Architecture { get; init; }
    [JsonPropertyName("os")] public string? Os { get; init; }
    [JsonPropertyName("variant")] public string? Variant { get; init; }
    [JsonPropertyName("created")] public string? Created { get; init; }
    [JsonPropertyName("config")] public ProcessConfig? Process { get; init; }
    [JsonPropertyName("rootfs")] public RootFsConfig? RootFs { get; init; }
}

/// <summary>How the container's process is to be started.</summary>
public sealed record ProcessConfig
{
    public string? User { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public IReadOnlyList<string>? Entrypoint { get; init; }
    public IReadOnlyList<string>? Cmd { get; init; }
    public string? WorkingDir { get; init; }
    public string? StopSignal { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    /// <summary>Keys are <c>PORT/PROTOCOL</c>; the values carry nothing.</summary>
    public IReadOnlyDictionary<string, Nothing?>? ExposedPorts { get; init; }
    /// <summary>Keys are folders; the values carry nothing.</summary>
    public IReadOnlyDictionary<string, Nothing?>? Volumes { get; init; }
}

/// <summary>The empty object that stands where Go has a set.</summary>
public sealed record Nothing;

/// <summary>The layers' uncompressed digests, lowest first.</summary>
public sealed record RootFsConfig
{
    [JsonPropertyName("type")] public string? Type { get; init; }
    [JsonPropertyName("diff_ids")] public IReadOnlyList<string>? DiffIds { get; init; }
}
