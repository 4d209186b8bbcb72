namespace Gantry.Cli.Running;

/// <summary>A folder of this machine in the container.</summary>
/// <param name="Host">Folder here.</param>
/// <param name="Guest">Absolute path inside.</param>
/// <param name="ReadOnly">Changes are refused.</param>
internal sealed record Volume(string Host, string Guest, bool ReadOnly)
{
    /// <summary>Reads <c>HOST:GUEST[:ro]</c>.</summary>
    /// <exception cref="Converter.ConverterException">It is not that, or the folder is missing.</exception>
    public static Volume Parse(string text)
    {
        var rest = text;
        var readOnly = rest.EndsWith(":ro", StringComparison.Ordinal);
        if (readOnly || rest.EndsWith(":rw", StringComparison.Ordinal)) rest = rest[..^3];
        var colon = rest.LastIndexOf(':');
        if (colon <= 0 || colon == rest.Length - 1 || rest[colon + 1] != '/')
            throw new Converter.ConverterException($"-v {text}: write HOST-FOLDER:/FOLDER/INSIDE, with :ro behind it for read-only");
        if (!Directory.Exists(rest[..colon]))
            throw new Converter.ConverterException($"-v {text}: there is no folder {rest[..colon]}");
        return new Volume(rest[..colon], rest[(colon + 1)..], readOnly);
    }
}

/// <summary>How to run a container: what is null or empty is the image's to say.</summary>
internal sealed record RunOptions
{
    public IReadOnlyList<Volume> Volumes { get; init; } = [];
    public IReadOnlyList<string> Environment { get; init; } = [];
    public string? User { get; init; }
    public string? WorkingDirectory { get; init; }
    public string? Entrypoint { get; init; }
    public string? Hostname { get; init; }

    /// <summary>Use a terminal even when standard input or output is none.</summary>
    public bool ForceTerminal { get; init; }

    /// <summary>The process reads end of file.</summary>
    public bool NoInput { get; init; }
    public bool Verbose { get; init; }

    /// <summary>Nothing is translated while it runs.</summary>
    public bool Interpret { get; init; }
    public IReadOnlyList<string> Command { get; init; } = [];
}
