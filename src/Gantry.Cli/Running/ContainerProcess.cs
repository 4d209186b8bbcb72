using Gantry.Converter;
using Gantry.Host;

namespace Gantry.Cli.Running;

/// <summary>Puts together what to start, by docker's rules.</summary>
internal static class ContainerProcess
{
    /// <summary>The process for an image's configuration and what the command line says.</summary>
    /// <param name="container">The image's configuration.</param>
    /// <param name="options">The command line's.</param>
    /// <param name="window">Size of its terminal; null: pipes.</param>
    /// <exception cref="ConverterException">Neither names a program.</exception>
    public static GuestProcess Of(ContainerConfig container, RunOptions options, (ushort Columns, ushort Rows)? window)
    {
        var arguments = new List<string>();
        if (options.Entrypoint == null) arguments.AddRange(container.Entrypoint);
        else if (options.Entrypoint.Length != 0) arguments.Add(options.Entrypoint);
        if (options.Command.Count != 0) arguments.AddRange(options.Command);
        else if (options.Entrypoint == null) arguments.AddRange(container.Cmd);
        if (arguments.Count == 0)
            throw new ConverterException("the image names no program to run: give a command behind it");
        return new GuestProcess
        {
            Arguments = arguments,
            Environment = [.. container.Env, .. TerminalVariables(window), .. options.Environment.Select(Resolve).OfType<string>()],
            User = options.User ?? NotEmpty(container.User),
            WorkingDirectory = options.WorkingDirectory ?? NotEmpty(container.Workdir),
            HostName = options.Hostname ?? container.Hostname,
            Window = window,
            Mounts = [.. options.Volumes.Select((volume, i) => (StandardMachine.Mounts[i], volume.Guest, "", volume.ReadOnly))],
        };
    }

    private static IEnumerable<string> TerminalVariables((ushort Columns, ushort Rows)? window) =>
        window == null ? [] : [$"TERM={Environment.GetEnvironmentVariable("TERM") ?? "xterm"}"];

    // Docker's "-e NAME" without a value takes this environment's, or nothing.
    private static string? Resolve(string variable)
    {
        if (variable.IndexOf('=', StringComparison.Ordinal) > 0) return variable;
        if (variable.Length == 0 || variable[0] == '=') throw new ConverterException($"-e {variable}: write NAME=value");
        return Environment.GetEnvironmentVariable(variable) is { } value ? $"{variable}={value}" : null;
    }

    private static string? NotEmpty(string text) => text.Length == 0 ? null : text;
}
