using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Engine.Tests.Qemu;

/// <summary>Builds the oracles' programs from C sources embedded in the test assembly, once for each text of them.</summary>
internal static class NativeProgram
{
    private static readonly Lock Building = new();

    /// <summary>Path of the static RISC-V program that runs cases under qemu.</summary>
    public static string RiscVAgent() => Build(
        "riscv-agent.c", "riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu", "-march=rv64gc", "-ffreestanding", "-fno-tree-loop-distribute-patterns",
        "-fno-stack-protector", "-nostdlib", "-static", "-no-pie", "-Wl,--no-relax",
        "-mcmodel=medany", $"-Wl,-Ttext-segment=0x{RiscVLayout.Agent:x}");

    /// <summary>Path of the program that runs operations on this machine's own x86-64 processor.</summary>
    public static string HostAgent() => Build("host-agent.c", "gcc", "gcc", "-march=x86-64");

    /// <summary>Path of the kernel image that runs cases (Cpu/Translated/case-kernel.S).</summary>
    public static string CaseKernel() => BuildImage("case-kernel.S", 0x8020_0000);

    /// <summary>Path of the code of a case that writes code (Cpu/Translated/writes-code.S).</summary>
    public static string WritesCode() => BuildImage("writes-code.S", RiscVLayout.Entry);

    /// <summary>Bytes of a program of many loops that writes over most of them.</summary>
    public static string ManyLoops() => BuildImage("many-loops.S", RiscVLayout.Entry);

    // Bytes as they are to lie in the guest's memory.
    private static string BuildImage(string source, ulong address)
    {
        string program = Build(
            source, "riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu", "-march=rv64gc", "-nostdlib", "-static", "-no-pie",
            $"-Wl,-Ttext=0x{address:x}", "-Wl,--build-id=none");
        lock (Building)
        {
            string image = program + ".bin";
            if (File.Exists(image)) return image;
            string temporary = $"{image}.{Environment.ProcessId}";
            Run("riscv64-linux-gnu-objcopy", "binutils-riscv64-linux-gnu", ["-O", "binary", program, temporary]);
            File.Move(temporary, image, overwrite: true);
            return image;
        }
    }

    private static string Build(string source, string compiler, string package, params string[] options)
    {
        using var stream = typeof(NativeProgram).Assembly.GetManifestResourceStream(source)
            ?? throw new InvalidOperationException($"{source} is not embedded in the test assembly");
        using var text = new MemoryStream();
        stream.CopyTo(text);
        string hash = Convert.ToHexStringLower(SHA256.HashData([.. text.ToArray(), .. Encoding.UTF8.GetBytes(string.Concat(options))]))[..16];
        string path = Path.Combine(AppContext.BaseDirectory, $"{Path.GetFileNameWithoutExtension(source)}-{hash}");
        lock (Building)
        {
            if (File.Exists(path)) return path;
            string temporary = $"{path}.{Environment.ProcessId}", sourceFile = temporary + Path.GetExtension(source);
            File.WriteAllBytes(sourceFile, text.ToArray());
            Run(compiler, package, ["-O2", "-Wall", "-Werror", .. options, "-o", temporary, sourceFile]);
            File.Delete(sourceFile);
            File.Move(temporary, path, overwrite: true);
            return path;
        }
    }

    private static void Run(string program, string package, string[] arguments)
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
            throw new InvalidOperationException($"{program} cannot be started; eng/setup.sh installs {package}", e);
        }
    }
}
