using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Images.Tests;

/// <summary>A registry in this process that serves an OCI layout's blobs and can be told to misbehave.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _layout;
    private readonly Task _serving;

    public FakeRegistry(string layout)
    {
        _layout = layout;
        Port = LocalRegistry.FreePort();
        _listener.Prefixes.Add($"http://localhost:{Port}/");
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port { get; }
    public string Reference => $"docker://localhost:{Port}/team/sample:1";
    /// <summary>Method, path and Authorization of all requests.</summary>
    public ConcurrentQueue<(string Host, string Path, string? Authorization)> Requests { get; } = [];
    /// <summary>Answers a request itself when it returns true.</summary>
    public Func<HttpListenerContext, bool> Intercept { get; set; } = _ => false;
    /// <summary>Changes a blob or manifest on its way out.</summary>
    public Func<string, byte[], byte[]> Change { get; set; } = (_, data) => data;

    public static void Answer(HttpListenerContext context, int status, string body = "", params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers) context.Response.AddHeader(name, value);
        context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: true);
    }

    public byte[] Blob(string digest) => File.ReadAllBytes(Path.Combine(_layout, "blobs", digest.Replace(':', '/')));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or InvalidOperationException)
            {
                return; // Stopped: while waiting, or between an answer that the client had already and the next wait.
            }
            try
            {
                var path = context.Request.Url!.AbsolutePath;
                Requests.Enqueue((context.Request.Url.Host, path, context.Request.Headers["Authorization"]));
                if (!Intercept(context)) Serve(context, path);
            }
            catch (HttpListenerException)
            {
                // The client went away: some tests want that.
            }
        }
    }

    private void Serve(HttpListenerContext context, string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        if (name == "1")
        {
            var index = JsonNode.Parse(File.ReadAllText(Path.Combine(_layout, "index.json")))!;
            name = (string)index["manifests"]![0]!["digest"]!;
        }
        var data = Change(path, Blob(name));
        context.Response.ContentType = "application/vnd.oci.image.manifest.v1+json";
        context.Response.Close(data, willBlock: true);
    }
}
