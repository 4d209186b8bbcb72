using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Float;

/// <summary>The x86-64 processor the tests run on, as an oracle of SSE arithmetic with its flags (host-agent.c does the work).</summary>
public sealed class HostProcessor : IDisposable
{
    private readonly Process process = Process.Start(new ProcessStartInfo(NativeProgram.HostAgent())
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    }) ?? throw new Win32Exception();

    /// <summary>Runs one operation on many operands.</summary>
    /// <param name="operation">Its number in host-agent.c.</param>
    /// <param name="operands">Their Fcsr is RISC-V's; RMM is not to be used.</param>
    /// <param name="results">At least as many as operands.</param>
    public void RunOperands(uint operation, ReadOnlySpan<RiscVOperands> operands, Span<RiscVResults> results)
    {
        Span<uint> header = [operation, (uint)operands.Length];
        var to = process.StandardInput.BaseStream;
        to.Write(MemoryMarshal.AsBytes(header));
        to.Write(MemoryMarshal.AsBytes(operands));
        to.Flush();
        process.StandardOutput.BaseStream.ReadExactly(MemoryMarshal.AsBytes(results[..operands.Length]));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Dispose();
        if (!process.WaitForExit(2000)) process.Kill();
        process.Dispose();
    }
}
