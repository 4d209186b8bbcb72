using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gantry.Cli.Commands;
using Gantry.Converter.Format;

namespace Gantry.Cli.Site;

/// <summary><c>gantry serve</c>: the page with a module, for this machine's browser.</summary>
internal static class ServeCommand
{
    private const int DefaultPort = 8080;
    private const int CopySize = 1 << 16;

    private static readonly Argument<string> Module = new("module") { Description = "A module that gantry made" };

    private static readonly Option<int> Port = new("--port", "-p") { Description = "TCP port on 127.0.0.1", DefaultValueFactory = _ => DefaultPort };

    private static readonly Option<bool> OpenBrowser = new("--open", "-o") { Description = "Open the page in this machine's browser" };

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        var command = new Command(
            "serve",
            """
            Serves a page that runs a module, to this machine only, until Ctrl-C.

            Examples:
              gantry serve debian.wasm --open
              gantry serve debian.wasm --port 8090
            """)
        {
            Module, Port, OpenBrowser,
        };
        Failures.SetAction(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        var port = arguments.GetValue(Port);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var module = OutModule.Open(arguments.GetRequiredValue(Module)))
        {
            var path = Path.GetFullPath(module.Path);
            files["out.wasm"] = path;
            if (module.Index.Disk.External is { } external) files[external] = Path.Combine(Path.GetDirectoryName(path) ?? "", external);
        }

        // Only these names are ever opened: no path of a request reaches the file system.
        var page = PageFiles.Folder();
        foreach (var name in PageFiles.Names) files[name] = Path.Combine(page, name);
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        try
        {
            listener.Start();
        }
        catch (HttpListenerException exception)
        {
            throw new IOException($"cannot listen on port {port}: {exception.Message}; choose another with --port", exception);
        }

        var url = $"http://127.0.0.1:{port}/";
        Console.WriteLine($"{url}  (Ctrl-C ends)");
        if (arguments.GetValue(OpenBrowser)) ShowInBrowser(url);
        using var stop = cancellation.Register(listener.Stop);
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (cancellation.IsCancellationRequested && exception is HttpListenerException or InvalidOperationException)
            {
                return 0;
            }

            _ = AnswerAsync(context, files, cancellation);
        }
    }

    // Who has no browser here still has the address.
    private static void ShowInBrowser(string url)
    {
        try
        {
            using var started = Process.Start(new ProcessStartInfo(url) { UseShellExecute = true });
        }
        catch (Win32Exception exception)
        {
            Console.Error.WriteLine($"gantry: no browser can be opened here ({exception.Message}): open the address yourself");
        }
    }

    private static async Task AnswerAsync(HttpListenerContext context, Dictionary<string, string> files, CancellationToken cancellation)
    {
        using var response = context.Response;
        try
        {
            var name = context.Request.Url?.AbsolutePath.TrimStart('/') ?? "";
            if (!files.TryGetValue(name.Length == 0 ? "index.html" : Uri.UnescapeDataString(name), out var path))
            {
                response.StatusCode = (int)HttpStatusCode.NotFound;
                return;
            }

            var file = File.OpenRead(path);
            await using (file.ConfigureAwait(false))
            {
                response.ContentType = Path.GetExtension(path) switch { ".html" => "text/html; charset=utf-8", ".js" => "text/javascript", ".css" => "text/css", _ => "application/wasm" };
                response.Headers["Accept-Ranges"] = "bytes";
                response.Headers["Cache-Control"] = "no-cache";
                var (first, length) = RangeOf(context.Request.Headers["Range"], file.Length, response);
                response.ContentLength64 = length;
                file.Position = first;
                var buffer = new byte[CopySize];
                for (var rest = length; rest > 0 && context.Request.HttpMethod != "HEAD";)
                {
                    var count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(rest, CopySize)), cancellation).ConfigureAwait(false);
                    if (count == 0) break;
                    await response.OutputStream.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
                    rest -= count;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or HttpListenerException or OperationCanceledException)
        {
            // The browser went away, or the file did: the connection ends either way.
            response.Abort();
        }
    }

    // RFC 9110, 14.2: one range "bytes=FIRST-[LAST]"; anything else is answered with the whole file.
    private static (long First, long Length) RangeOf(string? header, long size, HttpListenerResponse response)
    {
        const string Unit = "bytes=";
        if (header?.StartsWith(Unit, StringComparison.Ordinal) != true) return (0, size);
        var parts = header[Unit.Length..].Split('-');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)) return (0, size);
        var last = size - 1;
        if (parts[1].Length != 0 && !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out last)) return (0, size);
        last = Math.Min(last, size - 1);
        if (first > last)
        {
            response.StatusCode = (int)HttpStatusCode.RequestedRangeNotSatisfiable;
            response.Headers["Content-Range"] = $"bytes */{size}";
            return (0, 0);
        }

        response.StatusCode = (int)HttpStatusCode.PartialContent;
        response.Headers["Content-Range"] = $"bytes {first}-{last}/{size}";
        return (first, last - first + 1);
    }
}
