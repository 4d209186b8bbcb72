using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gantry.Images.Tests;

/// <summary>Debian's docker-registry on a free port of this machine, with or without a password.</summary>
internal sealed class LocalRegistry : IAsyncDisposable
{
    public const string User = "alice", Password = "pass:word";
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    private LocalRegistry(bool password)
    {
        Port = FreePort();
        var auth = "";
        if (password)
        {
            Tool.RunIn(_folder.Path, "htpasswd", "-Bbc", "htpasswd", User, Password);
            auth = $"auth: {{htpasswd: {{realm: test, path: {_folder["htpasswd"]}}}}}\n";
        }
        File.WriteAllText(_folder["config.yml"], $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {_folder["data"]}}}}}\nhttp: {{addr: 127.0.0.1:{Port}}}\n{auth}");
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", _folder["config.yml"]]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public int Port { get; }
    public string Host => $"localhost:{Port}";

    public static async Task<LocalRegistry> StartAsync(bool password = false)
    {
        var registry = new LocalRegistry(password);
        using var http = new HttpClient();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                using var response = await http.GetAsync($"http://127.0.0.1:{registry.Port}/v2/");
                return registry;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }
        await registry.DisposeAsync();
        Assert.Fail("docker-registry does not answer; run eng/setup.sh");
        throw new InvalidOperationException();
    }

    /// <summary>Has skopeo push the sample image and returns its reference.</summary>
    public string Push(SampleImage sample, string name = "team/sample:1")
    {
        Tool.Run("skopeo", ["--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", $"{User}:{Password}",
            $"oci:{sample.Layout}:sample", $"docker://{Host}/{name}"]);
        return $"docker://{Host}/{name}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A TCP proxy that cuts every connection after so many bytes of answers.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _cuts;

    public CuttingProxy(int target, int bytes)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(target, bytes);
    }

    public int Port { get; }
    public int Cuts => _cuts;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(int target, int bytes)
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), target, bytes));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client, int target, int bytes)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target, _stop.Token);
                var up = client.GetStream().CopyToAsync(server.GetStream(), _stop.Token);
                var buffer = new byte[4096];
                for (var left = bytes; left > 0;)
                {
                    var count = await server.GetStream().ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), _stop.Token);
                    if (count == 0) return;
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
                    left -= count;
                }
                Interlocked.Increment(ref _cuts);
                _ = up.ContinueWith(t => t.Exception, TaskScheduler.Default);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
            }
        }
    }
}
