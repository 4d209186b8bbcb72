[assembly: AssemblyFixture(typeof(Gantry.Converter.Tests.Containers.ConvertedImages))]

namespace Gantry.Converter.Tests.Containers;

/// <summary>Real Debian images, packed by umoci and converted once for all tests.</summary>
public sealed class ConvertedImages : IAsyncLifetime
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private string? dev;

    /// <summary>Folder of everything made here.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("gantry-converted-").FullName;

    /// <summary>The small Debian with a snapshot.</summary>
    public string Small => Path.Combine(Folder, "small.wasm");

    /// <summary>The same without a snapshot.</summary>
    public string Cold => Path.Combine(Folder, "cold.wasm");

    /// <summary>The same with its root file system beside it.</summary>
    public string External => Path.Combine(Folder, "external.wasm");

    /// <summary>The small image in an OCI layout.</summary>
    public string SmallImage => $"oci:{Folder}/small:test";

    /// <summary>The command line tool.</summary>
    public static string Tool => Path.Combine(AppContext.BaseDirectory, "gantry.dll");

    /// <summary>The script that runs modules in Node's WASI.</summary>
    public static string NodeScript => Path.Combine(AppContext.BaseDirectory, "node-wasi.mjs");

    public async ValueTask InitializeAsync()
    {
        Pack("small", "--config.cmd=/bin/bash", "--config.env=FROM_IMAGE=yes", "--config.label=org.example.answer=42", "--config.exposedports=80/tcp");
        await ConvertAsync("small", Small, options => options);
        await ConvertAsync("small", Cold, options => options with { Snapshot = false });
        await ConvertAsync("small", External, options => options with { ExternalImage = Path.Combine(Folder, "external.erofs") });
    }

    /// <summary>The Debian with gcc and python3; made when first asked for.</summary>
    public async Task<string> DevAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (dev == null)
            {
                Pack("dev", "--config.cmd=/bin/bash");
                await ConvertAsync("dev", Path.Combine(Folder, "dev.wasm"), options => options);
                dev = Path.Combine(Folder, "dev.wasm");
            }

            return dev;
        }
        finally
        {
            gate.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        gate.Dispose();
        return ValueTask.CompletedTask;
    }

    // A root file system of guest/rootfs becomes an OCI layout.
    private void Pack(string recipe, params string[] config)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Gantry.slnx"))) root = root.Parent ?? throw new InvalidOperationException("no source tree above the tests");
        var tarball = Command.Run(Path.Combine(root.FullName, "guest/rootfs/build.sh"), [recipe, "riscv64"]).Expect(0).Output.Trim().Split('\n')[^1];
        var layout = Path.Combine(Folder, recipe);
        Command.Run("umoci", ["init", "--layout", layout]).Expect(0);
        Command.Run("umoci", ["new", "--image", $"{layout}:test"]).Expect(0);
        Command.Run("umoci", ["raw", "add-layer", "--image", $"{layout}:test", tarball]).Expect(0);
        Command.Run("umoci", ["config", "--image", $"{layout}:test", "--os", "linux", "--architecture", "riscv64", .. config]).Expect(0);
    }

    private Task<ConversionResult> ConvertAsync(string name, string output, Func<ConversionOptions, ConversionOptions> change) =>
        ImageConverter.ConvertAsync(change(new ConversionOptions { Image = $"oci:{Folder}/{name}:test", Output = output }));
}
