using Gantry.Images.Tests;

[assembly: AssemblyFixture(typeof(Gantry.Converter.Tests.Containers.ConvertedImages))]

namespace Gantry.Converter.Tests.Containers;

/// <summary>Real Debian images, packed by umoci and converted once for all tests.</summary>
public sealed class ConvertedImages : IAsyncLifetime
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Lazy<SampleImage> sample = new(() => new SampleImage());
    private string? dev;

    /// <summary>Where the development image has all that <see cref="Sample"/> unpacks to.</summary>
    public const string SampleFolder = "/rootfs";

    /// <summary>Folder of everything made here.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("gantry-converted-").FullName;

    /// <summary>The small Debian with a snapshot.</summary>
    public string Small => Path.Combine(Folder, "small.wasm");

    /// <summary>The same without a snapshot.</summary>
    public string Cold => Path.Combine(Folder, "cold.wasm");

    /// <summary>The same with its root file system beside it.</summary>
    public string External => Path.Combine(Folder, "external.wasm");

    /// <summary>A Debian without users: <c>/etc/passwd</c> and <c>/etc/group</c> are whited out, and the image runs as 1234:56.</summary>
    public async Task<string> WithoutUsersAsync()
    {
        const string name = "small-without-users";
        var script = $"cp -r small {name} && mkdir etc && touch etc/.wh.passwd etc/.wh.group && tar -cf users.tar etc";
        Command.Run("sh", ["-c", $"cd '{Folder}' && {script}"]).Expect(0);
        AddLayer(name, Path.Combine(Folder, "users.tar"));
        Command.Run("umoci", ["config", "--image", $"{Folder}/{name}:test", "--config.user=1234:56", "--config.workingdir=/var/tmp", "--config.entrypoint=sh", "--config.entrypoint=-c",
            "--config.stopsignal=SIGINT", "--clear=config.cmd", "--config.cmd=id -u; id -g; pwd"]).Expect(0);
        await ConvertAsync(name, Path.Combine(Folder, $"{name}.wasm"), options => options);
        return Path.Combine(Folder, $"{name}.wasm");
    }

    /// <summary>The small image in an OCI layout.</summary>
    public string SmallImage => $"oci:{Folder}/small:test";

    /// <summary>Files of all types, with umoci's view of them.</summary>
    internal SampleImage Sample => sample.Value;

    /// <summary>The root of the source tree.</summary>
    public static string SourceTree
    {
        get
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(root.FullName, "Gantry.slnx"))) root = root.Parent ?? throw new InvalidOperationException("no source tree above the tests");
            return root.FullName;
        }
    }

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
                var tarball = Path.Combine(Folder, "sample.tar");
                Command.Run("tar", ["-C", Path.GetDirectoryName(Sample.Expected)!, "--format=pax", "--sparse", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-cf", tarball, SampleFolder[1..]]).Expect(0);
                AddLayer("dev", tarball);
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
        if (sample.IsValueCreated) sample.Value.Dispose();
        gate.Dispose();
        return ValueTask.CompletedTask;
    }

    // A root file system of guest/rootfs becomes an OCI layout.
    private void Pack(string recipe, params string[] config)
    {
        var tarball = Command.Run(Path.Combine(SourceTree, "guest/rootfs/build.sh"), [recipe, "riscv64"]).Expect(0).Output.Trim().Split('\n')[^1];
        var layout = Path.Combine(Folder, recipe);
        Command.Run("umoci", ["init", "--layout", layout]).Expect(0);
        Command.Run("umoci", ["new", "--image", $"{layout}:test"]).Expect(0);
        AddLayer(recipe, tarball);
        Command.Run("umoci", ["config", "--image", $"{layout}:test", "--os", "linux", "--architecture", "riscv64", .. config]).Expect(0);
    }

    private void AddLayer(string image, string tarball) => Command.Run("umoci", ["raw", "add-layer", "--image", $"{Folder}/{image}:test", tarball]).Expect(0);

    private Task<ConversionResult> ConvertAsync(string name, string output, Func<ConversionOptions, ConversionOptions> change) =>
        ImageConverter.ConvertAsync(change(new ConversionOptions { Image = $"oci:{Folder}/{name}:test", Output = output }));
}
