using System.CommandLine;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Cli.Commands;
using Gantry.Converter.Format;

namespace Gantry.Cli.Site;

/// <summary><c>gantry site</c>: a folder for any file host.</summary>
internal static class SiteCommand
{
    /// <summary>Bytes of a file that become one part: small enough to be fetched for one read, large enough for few files.</summary>
    public const int PartSize = 1 << 20;

    private const string ImageName = "out.wasm";

    private static readonly Argument<string> Module = new("module") { Description = "A module that gantry made" };

    private static readonly Argument<string> Folder = new("folder") { Description = "Where to write; made when it is missing" };

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            "site",
            """
            Writes a static web site that runs a module: for any file host, large files in compressed parts.

            Examples:
              gantry site debian.wasm docs
            """)
        {
            Module, Folder,
        };
        Failures.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        using var module = OutModule.Open(arguments.GetRequiredValue(Module));
        var folder = Directory.CreateDirectory(arguments.GetRequiredValue(Folder)).FullName;
        var page = PageFiles.Folder();
        foreach (var name in PageFiles.Names)
            File.Copy(Path.Combine(page, name), Path.Combine(folder, name), overwrite: true);
        var index = Path.Combine(folder, "index.html");
        var html = await File.ReadAllTextAsync(index, cancellation).ConfigureAwait(false);
        await File.WriteAllTextAsync(index, html.Replace("content=\"out.wasm\"", $"content=\"{ImageName}.json\"", StringComparison.Ordinal), cancellation).ConfigureAwait(false);
        await SplitAsync(module.Path, folder, ImageName, cancellation).ConfigureAwait(false);
        if (module.Index.Disk.External is { } external)
            await SplitAsync(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(module.Path)) ?? "", external), folder, external, cancellation).ConfigureAwait(false);
        Console.WriteLine($"{folder}: upload this folder to any file host");
        return 0;
    }

    private static async Task SplitAsync(string source, string folder, string name, CancellationToken cancellation)
    {
        var file = File.OpenRead(source);
        await using (file.ConfigureAwait(false))
        {
            var buffer = new byte[PartSize];
            var parts = new List<string>();
            while (await file.ReadAtLeastAsync(buffer, PartSize, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) is var length and > 0)
            {
                // By its contents: what a browser or a host in between has kept of an earlier site is never taken for a part of this one.
                // Not ".gz": hosts that know the ending would have the browser unpack it.
                var contents = buffer.AsMemory(0, length);
                var part = $"{name}.{Convert.ToHexStringLower(SHA256.HashData(contents.Span)[..8])}.part";
                parts.Add(part);
                var gzip = new GZipStream(File.Create(Path.Combine(folder, part)), CompressionLevel.Optimal);
                await using (gzip.ConfigureAwait(false))
                    await gzip.WriteAsync(contents, cancellation).ConfigureAwait(false);
            }

            var manifest = JsonSerializer.Serialize(new { gantryParts = 1, size = file.Length, partSize = PartSize, parts });
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.json"), manifest, cancellation).ConfigureAwait(false);
            foreach (var old in Directory.EnumerateFiles(folder, $"{name}.*.part"))
                if (!parts.Contains(Path.GetFileName(old), StringComparer.Ordinal)) File.Delete(old);
        }
    }
}
