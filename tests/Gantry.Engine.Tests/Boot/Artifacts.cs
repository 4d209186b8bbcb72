using System.Diagnostics;
using Gantry.Compiler;

namespace Gantry.Engine.Tests.Boot;

/// <summary>Kernel, init, a Debian with compilers, and the compiled engine: made by the project's scripts when they are not cached.</summary>
internal static class Artifacts
{
    private static readonly Lazy<byte[]> LazyKernel = new(() => File.ReadAllBytes(Script("guest/kernel/build.sh", "riscv64")));
    private static readonly Lazy<byte[]> LazyInit = new(() => File.ReadAllBytes(Script("guest/init/build.sh", "riscv64")));
    private static readonly Lazy<string> LazyTarball = new(() => Script("guest/rootfs/build.sh", "dev"));
    private static readonly Lazy<string> LazyImage = new(MakeImage);
    private static readonly Lazy<byte[]> LazyModule = new(CompileEngine);

    /// <summary>The kernel's Image.</summary>
    public static byte[] Kernel => LazyKernel.Value;

    /// <summary>The initramfs with guest/init.</summary>
    public static byte[] Init => LazyInit.Value;

    /// <summary>The Debian as mmdebstrap made it.</summary>
    public static string Tarball => LazyTarball.Value;

    /// <summary>The same as an EROFS image made by mkfs.erofs.</summary>
    public static string Image => LazyImage.Value;

    /// <summary>The engine as wasm.</summary>
    public static byte[] Module => LazyModule.Value;

    /// <summary>Where Wasmtime's machine code is kept.</summary>
    public static string CacheFolder => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Tarball))!, "engine");

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException(program);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: status {process.ExitCode}; eng/setup.sh installs what the tests need");
    }

    private static string Script(string path, params string[] arguments) =>
        Run(Repository.PathOf(path), arguments).TrimEnd().Split('\n')[^1];

    private static string MakeImage()
    {
        var image = Path.Combine(Path.GetDirectoryName(Tarball)!, "rootfs.erofs");
        if (File.Exists(image))
            return image;
        var folder = Directory.CreateTempSubdirectory("gantry-rootfs-").FullName;
        try
        {
            Run("tar", "-C", folder, "--exclude=./dev/*", "-xf", Tarball);
            var unfinished = $"{image}.{Environment.ProcessId}";
            Run("mkfs.erofs", "--quiet", unfinished, folder);
            File.Move(unfinished, image, overwrite: true);
            return image;
        }
        finally
        {
            Run("rm", "-rf", folder);
        }
    }

    private static byte[] CompileEngine()
    {
        var result = Compilation.Run(new CompilationOptions { Input = typeof(Engine.Machine).Assembly.Location });
        return result.Module ?? throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    }
}
