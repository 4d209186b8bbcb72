using System.CommandLine;
using Gantry.Cli.Output;
using Gantry.Converter;
using Gantry.Images;

namespace Gantry.Cli.Commands;

/// <summary><c>gantry convert</c>: an image becomes one out.wasm.</summary>
internal static class ConvertCommand
{
    private static readonly Argument<string> Image = new("image")
    {
        Description = "oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, docker://REF, dir:DIR, a folder or a tar file",
    };

    private static readonly Argument<string> OutputFile = new("output") { Description = "The module to write, such as out.wasm" };

    private static readonly Option<string?> Memory = new("--memory", "-m") { Description = "Memory of the guest, such as 512M (default) or 1G" };

    private static readonly Option<bool> NoSnapshot = new("--no-snapshot") { Description = "Boot at each start instead of now: a smaller module that starts later" };

    private static readonly Option<string?> ExternalImage = new("--external-image")
    {
        Description = "Write the root file system to this file, to lie beside the module in a preopened folder",
    };

    private static readonly Option<string?> PlatformName = new("--platform") { Description = "Which image of an index, such as linux/riscv64" };

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            "convert",
            """
            Makes one WebAssembly module of a container image.

            Examples:
              gantry convert oci:debian:latest debian.wasm
              gantry convert docker://docker.io/library/debian:sid debian.wasm --memory 1G
              gantry convert docker-archive:saved.tar app.wasm --external-image app.erofs
            """)
        {
            Image, OutputFile, Memory, NoSnapshot, ExternalImage, PlatformName,
        };
        Failures.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        using var progress = ConsoleProgress.Create();
        await ImageConverter.ConvertAsync(
            new ConversionOptions
            {
                Image = arguments.GetRequiredValue(Image),
                Output = arguments.GetRequiredValue(OutputFile),
                Memory = arguments.GetValue(Memory) is { } memory ? Sizes.Parse("--memory", memory) : StandardMachine.DefaultMemory,
                Snapshot = !arguments.GetValue(NoSnapshot),
                ExternalImage = arguments.GetValue(ExternalImage),
                Platform = arguments.GetValue(PlatformName) is { } platform ? Platform.Parse(platform) : null,
            },
            progress,
            cancellation).ConfigureAwait(false);
        return 0;
    }
}
