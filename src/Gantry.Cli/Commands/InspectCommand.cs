using System.CommandLine;
using System.Text.Json;
using Gantry.Converter;
using Gantry.Converter.Format;
using Gantry.Images;
using Spectre.Console;

namespace Gantry.Cli.Commands;

/// <summary><c>gantry inspect</c>: what is in a module or an image.</summary>
internal static class InspectCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly Argument<string> Target = new("target") { Description = "A module that gantry made, or an image as for convert" };

    private static readonly Option<bool> AsJson = new("--json") { Description = "For programs: a module's index as it is, an image's configuration" };

    private static readonly Option<string?> PlatformName = new("--platform") { Description = "Which image of an index, such as linux/riscv64" };

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            "inspect",
            """
            Shows what is in a module or an image: configuration, sizes, platform, snapshot.

            Examples:
              gantry inspect debian.wasm
              gantry inspect oci:debian:latest --json
            """)
        {
            Target, AsJson, PlatformName,
        };
        Failures.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        var target = arguments.GetRequiredValue(Target);
        var json = arguments.GetValue(AsJson);
        if (OutModule.IsWebAssembly(target))
        {
            using var module = OutModule.Open(target);
            if (json) Console.WriteLine(module.Index.ToIndentedJson());
            else AnsiConsole.Write(Describe(module));
            return 0;
        }

        var options = new ImageOptions
        {
            Platforms = arguments.GetValue(PlatformName) is { } name ? [Platform.Parse(name)] : [.. Assets.Architectures.Select(a => new Platform("linux", a))],
        };
        var image = await ImageSource.OpenAsync(target, options, cancellation).ConfigureAwait(false);
        await using (image.ConfigureAwait(false))
        {
            var container = ContainerConfig.Of(image.Config);
            if (json)
            {
                Console.WriteLine(JsonSerializer.Serialize(
                    new
                    {
                        reference = image.Reference, digest = image.ManifestDigest?.ToString(), platform = image.Platform?.ToString(), container,
                        layers = image.Layers.Select(layer => new { digest = layer.Digest?.ToString(), size = layer.Size, diffId = layer.DiffId?.ToString() }),
                    },
                    Json));
            }
            else
                AnsiConsole.Write(Describe(image, container));
        }

        return 0;
    }

    /// <summary>What is in a module, for people.</summary>
    public static Grid Describe(OutModule module)
    {
        var index = module.Index;
        var table = NewTable();
        Row(table, "module", $"{module.Path}, {Sizes.Show(module.Length)}, by {index.Generator}");
        Row(table, "image", $"{index.Image.Reference} {index.Image.Digest}");
        Row(table, "platform", $"{index.Platform.Os}/{index.Platform.Architecture}{(index.Platform.Variant is { } v ? "/" + v : "")}");
        Row(table, "machine", $"{Sizes.Show((long)index.Machine.Memory)} memory, Linux {index.Machine.Kernel}, {index.Machine.Mounts.Count} folders, {(index.Machine.Network ? "network" : "no network")}");
        Row(table, "engine", $"{Sizes.Show(index.Engine.Length)}, source {index.Engine.Source[..Math.Min(12, index.Engine.Source.Length)]}");
        Row(table, "snapshot", index.Snapshot is { } s ? $"{Sizes.Show(s.Bytes)} in {s.Segments} segments" : "none: boots at each start");
        Row(table, "root", index.Disk.External is { } file ? $"{Sizes.Show((long)index.Disk.Size)} in {file} beside the module" : $"{Sizes.Show((long)index.Disk.Size)}");
        return Add(table, index.Container);
    }

    private static Grid Describe(ResolvedImage image, ContainerConfig container)
    {
        var table = NewTable();
        Row(table, "image", $"{image.Reference} {image.ManifestDigest}");
        Row(table, "platform", image.Platform?.ToString() ?? "not said");
        if (image.HostFolder is { } folder) Row(table, "folder", folder);
        foreach (var layer in image.Layers) Row(table, "layer", $"{layer.Name}{(layer.Size is { } size ? ", " + Sizes.Show(size) : "")}");
        return Add(table, container);
    }

    private static Grid Add(Grid table, ContainerConfig container)
    {
        Row(table, "entrypoint", Words(container.Entrypoint));
        Row(table, "cmd", Words(container.Cmd));
        foreach (var variable in container.Env) Row(table, "env", variable);
        Row(table, "user", container.User);
        Row(table, "workdir", container.Workdir);
        Row(table, "stop signal", container.StopSignal);
        Row(table, "ports", string.Join(", ", container.ExposedPorts));
        Row(table, "volumes", string.Join(", ", container.Volumes));
        foreach (var (name, value) in container.Labels) Row(table, "label", $"{name}={value}");
        return table;
    }

    private static string Words(IReadOnlyList<string> words) => words.Count == 0 ? "" : JsonSerializer.Serialize(words, Json).ReplaceLineEndings(" ");

    private static Grid NewTable() => new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();

    private static void Row(Grid table, string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value)) table.AddRow(new Text(name, new Style(foreground: Color.Grey)), new Text(Printable(value.Trim())));
    }

    // Labels and the like come with the image: no escape sequences for our terminal.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '�' : c));
}
