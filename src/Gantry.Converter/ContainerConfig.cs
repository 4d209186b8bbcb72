using Gantry.Images.Model;

namespace Gantry.Converter;

/// <summary>How an image wants its process started, and what it says about itself.</summary>
public sealed record ContainerConfig
{
    public IReadOnlyList<string> Entrypoint { get; init; } = [];
    public IReadOnlyList<string> Cmd { get; init; } = [];
    public IReadOnlyList<string> Env { get; init; } = [];
    public string User { get; init; } = "";
    public string Workdir { get; init; } = "";
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];
    public IReadOnlyList<string> Volumes { get; init; } = [];
    public string? StopSignal { get; init; }
    public string Hostname { get; init; } = StandardMachine.DefaultHostname;

    /// <summary>Takes over what an image's configuration says; text with a NUL, which no Linux process can be given, is refused.</summary>
    /// <exception cref="ConverterException">The configuration cannot be carried out.</exception>
    public static ContainerConfig Of(ImageConfig image)
    {
        var process = image.Process;
        var config = new ContainerConfig
        {
            Entrypoint = Texts(process?.Entrypoint),
            Cmd = Texts(process?.Cmd),
            Env = Texts(process?.Env),
            User = process?.User ?? "",
            Workdir = process?.WorkingDir ?? "",
            Labels = (process?.Labels ?? new Dictionary<string, string>()).ToDictionary(label => label.Key, label => (string?)label.Value ?? ""),
            ExposedPorts = [.. (process?.ExposedPorts?.Keys ?? []).Order(StringComparer.Ordinal)],
            Volumes = [.. (process?.Volumes?.Keys ?? []).Order(StringComparer.Ordinal)],
            StopSignal = string.IsNullOrEmpty(process?.StopSignal) ? null : process.StopSignal,
        };
        // A plain root file system says nothing: a shell is what people expect of it.
        if (process == null)
            config = config with { Cmd = ["/bin/sh"] };
        foreach (var text in config.Entrypoint.Concat(config.Cmd).Concat(config.Env).Append(config.User).Append(config.Workdir))
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new ConverterException("the image's configuration has a text with a zero byte in it");
        }

        // Docker ignores what is no NAME=value, too.
        return config with { Env = [.. config.Env.Where(variable => variable.IndexOf('=', StringComparison.Ordinal) > 0)] };
    }

    // JSON's null among texts is what Go reads as an empty one.
    private static List<string> Texts(IReadOnlyList<string?>? texts) => [.. (texts ?? []).Select(text => text ?? "")];
}
