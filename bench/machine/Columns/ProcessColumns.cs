using System.Diagnostics;

namespace Gantry.Bench.Machine.Columns;

/// <summary>The program itself.</summary>
internal sealed class NativeColumn : IColumn
{
    /// <inheritdoc/>
    public string Name => "native";

    /// <inheritdoc/>
    public void Run(Inputs inputs, Result result) => Child.Run(inputs, result, inputs.Native[0], [.. inputs.Native.Skip(1), .. inputs.Arguments.Split(' ')]);
}

/// <summary>The engine in Node, driven by <c>web/node.mjs</c>.</summary>
/// <param name="name">Heading.</param>
/// <param name="mode">What is translated, see <c>web/translations.mjs</c>.</param>
internal sealed class NodeColumn(string name, string mode) : IColumn
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public void Run(Inputs inputs, Result result)
    {
        result.StartBoot();
        Child.Run(inputs, result, "node", [Path.Combine(inputs.Web, "node.mjs"), inputs.Wasm, inputs.Kernel, inputs.Initrd, inputs.CommandLine, mode, $"{inputs.MemorySize >> 20}"]);
    }
}

/// <summary>The peer: the same kernel and initramfs in QEMU, which translates to machine code (TCG).</summary>
internal sealed class QemuColumn : IColumn
{
    /// <inheritdoc/>
    public string Name => "QEMU TCG";

    /// <inheritdoc/>
    public void Run(Inputs inputs, Result result)
    {
        result.StartBoot();
        Child.Run(inputs, result, "qemu-system-riscv64", [
            "-M", "virt", "-accel", "tcg", "-smp", "1", "-m", $"{inputs.MemorySize >> 20}", "-nographic", "-monitor", "none", "-no-reboot",
            "-nodefaults", "-serial", "stdio", "-kernel", inputs.Kernel, "-initrd", inputs.Initrd, "-append", inputs.CommandLine]);
        // Its retired-instructions counter counts host ticks.
        result.Mips.Clear();
    }
}

/// <summary>A process whose output is the benchmark program's.</summary>
internal static class Child
{
    /// <summary>Runs it to its end.</summary>
    /// <exception cref="TimeoutException">It took too long and was ended.</exception>
    public static void Run(Inputs inputs, Result result, string file, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        }) ?? throw new IOException($"cannot start {file}");
        using var timer = new Timer(_ => process.Kill(entireProcessTree: true), null, inputs.Timeout, Timeout.InfiniteTimeSpan);
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("host: boot ", StringComparison.Ordinal))
                result.BootInstructions = ulong.Parse(line.AsSpan(11));
            result.Take(line + "\n");
        }

        process.WaitForExit();
        if (!result.Ended)
            throw new TimeoutException($"{file} ended (code {process.ExitCode}) before the benchmark did");
    }
}
