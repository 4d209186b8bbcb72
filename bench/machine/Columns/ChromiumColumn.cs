using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gantry.Bench.Machine.Columns;

/// <summary>The engine in a worker of a page in headless Chromium; the page sends what the guest prints to a listener here.</summary>
/// <param name="name">Heading.</param>
/// <param name="mode">What is translated, see <c>web/translations.mjs</c>.</param>
internal sealed class ChromiumColumn(string name, string mode) : IColumn
{
    private static readonly string[] Flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public void Run(Inputs inputs, Result result)
    {
        var origin = $"http://127.0.0.1:{FreePort()}/";
        var profile = Directory.CreateTempSubdirectory("gantry-bench-");
        using var listener = new HttpListener();
        listener.Prefixes.Add(origin);
        listener.Start();
        using var process = Process.Start(new ProcessStartInfo("chromium", [.. Flags, $"--user-data-dir={profile.FullName}", origin])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }) ?? throw new IOException("cannot start chromium");
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            var deadline = DateTime.UtcNow + inputs.Timeout;
            while (!result.Ended)
            {
                var next = listener.GetContextAsync();
                if (DateTime.UtcNow >= deadline || !next.Wait(deadline - DateTime.UtcNow))
                    throw new TimeoutException("the page did not finish in time");
                Answer(inputs, result, next.Result);
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            listener.Close();
            profile.Delete(recursive: true);
        }
    }

    private void Answer(Inputs inputs, Result result, HttpListenerContext context)
    {
        var path = context.Request.Url?.AbsolutePath;
        var (type, bytes) = path switch
        {
            "/" => ("text/html", "<!doctype html><script>new Worker('worker.mjs', {type: 'module'})</script>"u8.ToArray()),
            "/worker.mjs" or "/machine.mjs" or "/translations.mjs" => ("text/javascript", File.ReadAllBytes(Path.Combine(inputs.Web, path[1..]))),
            "/engine.wasm" => ("application/wasm", File.ReadAllBytes(inputs.Wasm)),
            "/kernel" => ("application/octet-stream", File.ReadAllBytes(inputs.Kernel)),
            "/initrd" => ("application/octet-stream", File.ReadAllBytes(inputs.Initrd)),
            "/memory" => ("text/plain", Encoding.UTF8.GetBytes($"{inputs.MemorySize >> 20}")),
            "/mode" => ("text/plain", Encoding.UTF8.GetBytes(mode)),
            "/command-line" => ("text/plain", Encoding.UTF8.GetBytes(inputs.CommandLine)),
            _ => ("text/plain", Array.Empty<byte>()),
        };
        if (path == "/output")
        {
            using var body = JsonDocument.Parse(context.Request.InputStream);
            if (body.RootElement.TryGetProperty("boot", out var boot))
            {
                result.BootSeconds = boot.GetProperty("seconds").GetDouble();
                result.BootInstructions = boot.GetProperty("instructions").GetUInt64();
            }

            result.Take(body.RootElement.GetProperty("text").GetString() ?? "");
        }

        context.Response.ContentType = type;
        context.Response.ContentLength64 = bytes.Length;
        context.Response.OutputStream.Write(bytes);
        context.Response.Close();
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
