using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Tests.Qemu;

/// <summary>
/// A qemu-riscv64 process that executes instructions and short programs on states the caller chooses, and reports every
/// register, the memory and the signal that ended them: the oracle of the RISC-V tests. Not thread-safe; make one a thread.
/// </summary>
/// <remarks>
/// qemu 7.2's rv64 has I, M, A, F, D, C, Zicsr, Zifencei, Zba, Zbb, Zbc, Zbs and can be asked for Zbk*, V and H. It knows
/// neither Zicbom, Zicboz, Zicond, Zawrs nor Zfa: those instructions raise SIGILL there and need another oracle.
/// ecall is a Linux system call, not a trap, and must not be part of a case.
/// </remarks>
public sealed class QemuRiscV : IDisposable
{
    private const string Program = "qemu-riscv64-static";
    private const int KindCases = 1, KindOperands = 2;
    private const int HeaderBytes = 16, InputBytes = 8 + 8 + (31 * 8) + (32 * 8) + 8, OutputBytes = 8 + 8 + 8 + (31 * 8) + (32 * 8) + 8;
    private const int BufferBytes = 16 << 20;

    private readonly Process process;
    private readonly Stream toAgent, fromAgent;
    private readonly byte[] buffer = new byte[BufferBytes];

    /// <summary>Starts the process.</summary>
    /// <param name="cpu">qemu's -cpu argument.</param>
    public QemuRiscV(string cpu = "rv64")
    {
        try
        {
            process = Process.Start(new ProcessStartInfo(Program, ["-cpu", cpu, NativeProgram.RiscVAgent()])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{Program} cannot be started; eng/setup.sh installs qemu-user-static", e);
        }

        toAgent = process.StandardInput.BaseStream;
        fromAgent = process.StandardOutput.BaseStream;
    }

    /// <summary>Runs cases in order, each on its own registers and memory, and returns one outcome for each.</summary>
    public RiscVOutcome[] Run(IReadOnlyList<RiscVCase> cases)
    {
        var outcomes = new RiscVOutcome[cases.Count];
        for (int first = 0; first < cases.Count;)
        {
            int memory = cases[first].Initial.Memory.Length, used = HeaderBytes, results = 0, index = first;
            if (memory % 8 != 0 || memory > RiscVLayout.MemorySize) throw new ArgumentException($"{memory} bytes of memory");
            byte[] previous = [];
            for (; index < cases.Count && cases[index].Initial.Memory.Length == memory; index++)
            {
                byte[] code = cases[index].Code;
                if (code.Length == 0 || code.Length % 2 != 0 || code.Length > RiscVLayout.CodeSize / 2)
                    throw new ArgumentException($"{code.Length} bytes of code");
                int codeBytes = ReferenceEquals(code, previous) || code.AsSpan().SequenceEqual(previous) ? 0 : code.Length;
                int bytes = InputBytes + ((codeBytes + 7) & ~7) + memory;
                if (used + bytes > BufferBytes || results + OutputBytes + memory > BufferBytes) break;
                Put(buffer.AsSpan(used, bytes), code.AsSpan(0, codeBytes), cases[index].Initial);
                previous = code;
                used += bytes;
                results += OutputBytes + memory;
            }

            Exchange(KindCases, index - first, memory, used - HeaderBytes, results);
            for (int i = first, at = 0; i < index; i++, at += OutputBytes + memory)
                outcomes[i] = Get(buffer.AsSpan(at, OutputBytes + memory));
            first = index;
        }

        return outcomes;
    }

    /// <summary>Runs one case.</summary>
    public RiscVOutcome Run(RiscVCase one) => Run([one])[0];

    /// <summary>
    /// Runs one instruction on many operands, some millions a second. It may read f10, f11, f12, x10, x11 and fcsr and write
    /// f10, x10 and fcsr only, and must not trap: everything else goes through <see cref="Run(IReadOnlyList{RiscVCase})"/>.
    /// </summary>
    public void RunOperands(uint instruction, ReadOnlySpan<RiscVOperands> operands, Span<RiscVResults> results)
    {
        int most = (BufferBytes - HeaderBytes - 8) / Marshal.SizeOf<RiscVOperands>();
        while (operands.Length != 0)
        {
            int count = Math.Min(operands.Length, most);
            var input = MemoryMarshal.AsBytes(operands[..count]);
            MemoryMarshal.Write(buffer.AsSpan(HeaderBytes), (ulong)instruction);
            input.CopyTo(buffer.AsSpan(HeaderBytes + 8));
            var output = MemoryMarshal.AsBytes(results[..count]);
            Exchange(KindOperands, count, 0, 8 + input.Length, output.Length);
            buffer.AsSpan(0, output.Length).CopyTo(output);
            operands = operands[count..];
            results = results[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        toAgent.Dispose();
        if (!process.WaitForExit(2000)) process.Kill();
        process.Dispose();
    }

    private void Exchange(int kind, int count, int memory, int bytes, int results)
    {
        var header = MemoryMarshal.Cast<byte, int>(buffer.AsSpan(0, HeaderBytes));
        (header[0], header[1], header[2], header[3]) = (kind, count, memory, bytes);
        try
        {
            toAgent.Write(buffer, 0, HeaderBytes + bytes);
            toAgent.Flush();
            fromAgent.ReadExactly(buffer, 0, results);
        }
        catch (IOException e)
        {
            process.WaitForExit(2000);
            string end = process.HasExited ? $"exit status {process.ExitCode}" : "still running";
            throw new InvalidOperationException($"the agent under {Program} stopped answering ({end})", e);
        }
    }

    private static void Put(Span<byte> to, ReadOnlySpan<byte> code, RiscVState state)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(to[..InputBytes]);
        words[0] = (ulong)code.Length;
        words[1] = state.Pc;
        state.X.AsSpan(1).CopyTo(words[2..]);
        state.F.CopyTo(words[33..]);
        words[65] = state.Fcsr;
        code.CopyTo(to[InputBytes..]);
        state.Memory.CopyTo(to[(InputBytes + ((code.Length + 7) & ~7))..]);
    }

    private static RiscVOutcome Get(ReadOnlySpan<byte> from)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(from[..OutputBytes]);
        var state = new RiscVState { Pc = words[2], Fcsr = (uint)words[66], Memory = from[OutputBytes..].ToArray() };
        words.Slice(3, 31).CopyTo(state.X.AsSpan(1));
        words.Slice(34, 32).CopyTo(state.F);
        return new RiscVOutcome(state, (RiscVSignal)(int)words[0], (int)(words[0] >> 32), words[1]);
    }
}
