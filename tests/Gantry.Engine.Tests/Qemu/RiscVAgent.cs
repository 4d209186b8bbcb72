using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Gantry.Engine.Tests.Qemu;

/// <summary>Builds the static RISC-V program that runs the cases under qemu (riscv-agent.c), once for each text of it.</summary>
internal static class RiscVAgent
{
    private const string Compiler = "riscv64-linux-gnu-gcc";
    private static readonly Lock Building = new();

    /// <summary>Path of the executable, built if it is not there yet.</summary>
    public static string Path()
    {
        using var source = typeof(RiscVAgent).Assembly.GetManifestResourceStream("riscv-agent.c")
            ?? throw new InvalidOperationException("riscv-agent.c is not embedded in the test assembly");
        using var text = new MemoryStream();
        source.CopyTo(text);
        string hash = Convert.ToHexStringLower(SHA256.HashData(text.ToArray()))[..16];
        string path = System.IO.Path.Combine(AppContext.BaseDirectory, $"riscv-agent-{hash}");
        lock (Building)
        {
            if (File.Exists(path)) return path;
            string temporary = $"{path}.{Environment.ProcessId}";
            File.WriteAllBytes(temporary + ".c", text.ToArray());
            Run(Compiler, "-O2", "-Wall", "-Werror", "-march=rv64gc", "-ffreestanding", "-fno-tree-loop-distribute-patterns",
                "-fno-stack-protector", "-nostdlib", "-static", "-no-pie", "-Wl,--no-relax", "-o", temporary, temporary + ".c");
            File.Delete(temporary + ".c");
            File.Move(temporary, path, overwrite: true);
            return path;
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed: {errors}");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} cannot be started; eng/setup.sh installs gcc-riscv64-linux-gnu", e);
        }
    }
}
