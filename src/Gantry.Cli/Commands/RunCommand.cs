using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Gantry.Cli.Output;
using Gantry.Cli.Running;
using Gantry.Converter;
using Gantry.Converter.Format;
using Gantry.Host.Engines;
using Gantry.Images;

namespace Gantry.Cli.Commands;

/// <summary><c>gantry run</c>: a module, or an image converted on the way, in this terminal.</summary>
internal static class RunCommand
{
    private const string CommandName = "run";

    private static readonly Argument<string> Target = new("target") { Description = "A module that gantry made, or an image as for convert (converted first, and kept)" };

    private static readonly Argument<string[]> Words = new("command") { Description = "Program and arguments, instead of the image's", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<bool> Interactive = new("--interactive", "-i") { Description = "Accepted for docker's sake: input is always passed on" };

    private static readonly Option<bool> Tty = new("--tty", "-t") { Description = "Give the process a terminal even when this is none" };

    private static readonly Option<bool> NoStdin = new("--no-stdin") { Description = "The process reads end of file" };

    private static readonly Option<string[]> Volumes = new("--volume", "-v") { Description = "HOST-FOLDER:/FOLDER/INSIDE[:ro], may be repeated (8 at most)" };

    private static readonly Option<string[]> Variables = new("--env", "-e") { Description = "NAME=value, or NAME to pass on this environment's; may be repeated" };

    private static readonly Option<string?> User = new("--user", "-u") { Description = "USER[:GROUP], names or numbers" };

    private static readonly Option<string?> Workdir = new("--workdir", "-w") { Description = "Folder to start in" };

    private static readonly Option<string?> Entrypoint = new("--entrypoint") { Description = "Program instead of the image's entrypoint" };

    private static readonly Option<string?> Hostname = new("--hostname", "-h") { Description = "Name of the machine" };

    private static readonly Option<string?> Memory = new("--memory", "-m") { Description = "Memory of the guest, for images only" };

    private static readonly Option<string?> PlatformName = new("--platform") { Description = "Which image of an index, such as linux/riscv64" };

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show kernel and engine messages" };

    private static readonly Option<bool> Wasi = new("--wasi") { Description = "Use the module's WASI door, as other runtimes do (slower, no raw terminal)" };

    private static readonly Option<bool> Interpret = new("--interpret") { Description = "Do not translate the container's code while it runs (slower)" };

    private static readonly Option[] WithValue = [Volumes, Variables, User, Workdir, Entrypoint, Hostname, Memory, PlatformName];

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            CommandName,
            """
            Runs a container: a module that gantry made, or an image.

            Examples:
              gantry run debian.wasm
              gantry run -it debian.wasm bash
              gantry run -v .:/work -w /work debian.wasm -- make test
              echo hi | gantry run oci:debian:latest cat

            Ends with the process's exit status; 125 when it could not be started, 126 and 127 as docker's.
            """)
        {
            Interactive, Tty, NoStdin, Volumes, Variables, User, Workdir, Entrypoint, Hostname, Memory, PlatformName, Verbose, Wasi, Interpret, Target, Words,
        };
        Failures.SetAction(command, RunAsync);
        return command;
    }

    /// <summary>As docker's: what follows the image is the command's, dashes or not. Puts the "--" there that the parser needs.</summary>
    public static string[] SeparateCommand(string[] arguments)
    {
        if (arguments is not [CommandName, ..]) return arguments;
        for (var i = 1; i < arguments.Length; i++)
        {
            if (arguments[i] == "--") return arguments;
            if (arguments[i] is ['-', _, ..])
            {
                if (WithValue.Any(option => option.Name == arguments[i] || option.Aliases.Contains(arguments[i]))) i++;
                continue;
            }

            if (i + 1 == arguments.Length || arguments[i + 1] == "--") return arguments;
            return [.. arguments[..(i + 1)], "--", .. arguments[(i + 1)..]];
        }

        return arguments;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        var options = new RunOptions
        {
            Volumes = [.. (arguments.GetValue(Volumes) ?? []).Select(Volume.Parse)],
            Environment = arguments.GetValue(Variables) ?? [],
            User = arguments.GetValue(User),
            WorkingDirectory = arguments.GetValue(Workdir),
            Entrypoint = arguments.GetValue(Entrypoint),
            Hostname = arguments.GetValue(Hostname),
            ForceTerminal = arguments.GetValue(Tty),
            NoInput = arguments.GetValue(NoStdin),
            Verbose = arguments.GetValue(Verbose),
            Interpret = arguments.GetValue(Interpret),
            Command = arguments.GetValue(Words) ?? [],
        };
        if (options.Volumes.Count > StandardMachine.Mounts.Count)
            throw new ConverterException($"-v: a container can have {StandardMachine.Mounts.Count} folders");
        var path = arguments.GetRequiredValue(Target);
        if (!OutModule.IsWebAssembly(path)) path = await ConvertAsync(path, arguments, cancellation).ConfigureAwait(false);
        else if (arguments.GetValue(Memory) != null) throw new ConverterException("--memory is fixed when a module is converted: give it to gantry convert");
        using var module = OutModule.Open(path);
        if (arguments.GetValue(Wasi)) return WasiRunner.Run(module, options);
        using var runner = new ContainerRunner(module, options);
        return runner.Run();
    }

    // Kept by what goes in; a folder or tar file may change under its name, so these are converted each time.
    private static async Task<string> ConvertAsync(string image, ParseResult arguments, CancellationToken cancellation)
    {
        var memory = arguments.GetValue(Memory) is { } text ? Sizes.Parse("--memory", text) : StandardMachine.DefaultMemory;
        var platform = arguments.GetValue(PlatformName) is { } name ? Platform.Parse(name) : null;
        var options = new ImageOptions { Platforms = [platform ?? new Platform("linux", Assets.Architectures[0])] };
        string identity;
        string architecture;
        var resolved = await ImageSource.OpenAsync(image, options, cancellation).ConfigureAwait(false);
        await using (resolved.ConfigureAwait(false))
        {
            identity = resolved.ManifestDigest?.ToString() ?? "";
            architecture = resolved.Platform?.Architecture ?? Assets.Architectures[0];
        }

        var engine = EngineParts.SourceDigest(await File.ReadAllBytesAsync(Assets.Find(architecture).EnginePath, cancellation).ConfigureAwait(false));
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{identity}\n{engine}\n{memory}\n{(identity.Length == 0 ? image : "")}"));
        var folder = Path.Combine(Assets.CacheFolder, "modules");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Convert.ToHexStringLower(key)[..32] + ".wasm");
        if (identity.Length != 0 && File.Exists(path))
        {
            KeptFiles.MarkUsed(path);
            return path;
        }

        using var progress = ConsoleProgress.Create();
        await ImageConverter.ConvertAsync(
            new ConversionOptions { Image = image, Output = path, Memory = memory, Platform = platform }, progress, cancellation).ConfigureAwait(false);
        KeptFiles.RemoveOldest(folder);
        return path;
    }
}
