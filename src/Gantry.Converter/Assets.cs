using System.Diagnostics;
using System.Text;

namespace Gantry.Converter;

/// <summary>The parts that are not this program: compiled engine, guest kernel and init.</summary>
/// <remarks>Looked for in the folder that <c>GANTRY_ASSETS</c> names, beside the program, then as a source tree's build leaves them.</remarks>
public sealed class Assets
{
    private const string Variable = "GANTRY_ASSETS";
    private const string SolutionFile = "Gantry.slnx";

    private Assets(string architecture, string engine, string kernel, string initrd)
    {
        Architecture = architecture;
        EnginePath = engine;
        KernelPath = kernel;
        InitrdPath = initrd;
    }

    /// <summary>Architectures that containers can have, in OCI's names.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["riscv64"];

    /// <summary>The architecture, in OCI's names.</summary>
    public string Architecture { get; }

    /// <summary>The engine module as compiled.</summary>
    public string EnginePath { get; }

    /// <summary>The kernel file.</summary>
    public string KernelPath { get; }

    /// <summary>The initramfs with the guest's init.</summary>
    public string InitrdPath { get; }

    /// <summary>Folder for what is made once and kept.</summary>
    public static string CacheFolder
    {
        get
        {
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache))
                cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "gantry");
        }
    }

    /// <summary>Finds the parts for an architecture.</summary>
    /// <exception cref="ConverterException">One is missing; the message says how to get it.</exception>
    public static Assets Find(string architecture)
    {
        if (!Architectures.Contains(architecture))
            throw new ConverterException($"no machine for linux/{architecture} images (there is one for: {string.Join(", ", Architectures.Select(a => "linux/" + a))}); choose with --platform");
        return FromFolder(Environment.GetEnvironmentVariable(Variable), architecture)
            ?? FromFolder(Path.Combine(AppContext.BaseDirectory, "assets"), architecture)
            ?? FromSourceTree(architecture)
            ?? throw new ConverterException($"engine, kernel and init are missing: set {Variable} to the folder that has engine.wasm, kernel-{architecture} and initramfs-{architecture}.cpio");
    }

    private static Assets? FromFolder(string? folder, string architecture)
    {
        if (string.IsNullOrEmpty(folder)) return null;
        var assets = new Assets(
            architecture, Path.Combine(folder, "engine.wasm"), Path.Combine(folder, $"kernel-{architecture}"), Path.Combine(folder, $"initramfs-{architecture}.cpio"));
        return File.Exists(assets.EnginePath) && File.Exists(assets.KernelPath) && File.Exists(assets.InitrdPath) ? assets : null;
    }

    private static Assets? FromSourceTree(string architecture)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root != null && !File.Exists(Path.Combine(root.FullName, SolutionFile))) root = root.Parent;
        if (root == null) return null;
        var engine = Path.Combine(root.FullName, "artifacts", "engine", "engine.wasm");
        if (!File.Exists(engine))
            throw new ConverterException("the engine is not built yet: run eng/build.sh");
        return new Assets(
            architecture,
            engine,
            LastLineOf(Path.Combine(root.FullName, "guest", "kernel", "build.sh"), architecture),
            LastLineOf(Path.Combine(root.FullName, "guest", "init", "build.sh"), architecture));
    }

    // The scripts keep their results by the hash of their inputs: run again they only say where.
    private static string LastLineOf(string script, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo(script, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new ConverterException($"cannot run {script}");
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var path = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()?.Trim();
        if (process.ExitCode != 0 || path == null || !File.Exists(path))
            throw new ConverterException($"{script} {argument} failed: {errors.ToString().Trim().Split('\n')[^1]}");
        return path;
    }
}
