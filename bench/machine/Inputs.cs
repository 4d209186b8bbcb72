using System.Diagnostics;

namespace Gantry.Bench.Machine;

/// <summary>What the columns are given.</summary>
/// <param name="Native">The benchmark program for this machine: a command.</param>
/// <param name="Kernel">Guest kernel, a file.</param>
/// <param name="Initrd">Initramfs with the benchmark program as <c>/init</c>, a file.</param>
/// <param name="Wasm">The compiled engine, a file.</param>
/// <param name="Web">Folder of the JavaScript host.</param>
/// <param name="MemorySize">Memory of the machine in every column, bytes.</param>
/// <param name="Arguments">Arguments of the benchmark program.</param>
/// <param name="Timeout">How long a column may take.</param>
internal sealed record Inputs(
    IReadOnlyList<string> Native, string Kernel, string Initrd, string Wasm, string Web, ulong MemorySize, string Arguments, TimeSpan Timeout)
{
    /// <summary>Kernel command line; what follows the dashes goes to the benchmark program.</summary>
    public string CommandLine => $"quiet console=ttyS0 -- {Arguments}";

    /// <summary>Builds what is not built yet.</summary>
    /// <exception cref="IOException">A script failed or the engine is not built.</exception>
    /// <param name="rows">The rows wanted.</param>
    /// <param name="programs">They are whole programs.</param>
    /// <param name="milliseconds">Least time of a measured run.</param>
    /// <param name="timeout">Of a column.</param>
    public static Inputs Build(IEnumerable<string> rows, bool programs, int milliseconds, TimeSpan timeout)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Gantry.slnx")))
            root = Path.GetDirectoryName(root) ?? throw new IOException("run this from a build inside the source tree");
        var folder = Path.Combine(root, "bench", "machine");
        var made = Script(Path.Combine(folder, "guest", "build.sh"));
        var arguments = $"ms={milliseconds} {string.Join(' ', rows)}";
        var kernel = Script(Path.Combine(root, "guest", "kernel", "build.sh"), "riscv64");
        var wasm = Path.Combine(root, "artifacts", "engine", "engine.wasm");
        if (!File.Exists(wasm))
            throw new IOException($"{wasm} is missing: dotnet build src/Gantry.Engine");
        var web = Path.Combine(folder, "web");
        if (!programs)
            return new Inputs([Path.Combine(made, "native")], kernel, Path.Combine(made, "riscv64.cpio"), wasm, web, 256 << 20, arguments, timeout);
        // Root and what is unpacked from it are both in memory.
        made = Script(Path.Combine(folder, "guest", "programs.sh"));
        return new Inputs(["chroot", Path.Combine(made, "native"), "/init"], kernel, Path.Combine(made, "programs.cpio"), wasm, web, 768 << 20, arguments, timeout);
    }

    private static string Script(string path, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true })
            ?? throw new IOException($"cannot start {path}");
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && lines.Length > 0 ? lines[^1] : throw new IOException($"{path} failed");
    }
}
