using Gantry.Engine.Host;
using Gantry.Host.Engines;

namespace Gantry.Host.Comparing;

/// <summary>What a guest's program can see of the processor, between runs.</summary>
/// <param name="Pc">The pc.</param>
/// <param name="Instructions">Instructions retired so far.</param>
/// <param name="AddressSpace">satp.</param>
/// <param name="Registers">x0 to x31, f0 to f31.</param>
public sealed record GuestState(ulong Pc, ulong Instructions, ulong AddressSpace, ulong[] Registers)
{
    /// <summary>Number of integer registers; the float registers follow.</summary>
    public const int IntegerRegisters = 32;

    /// <summary>A register's name.</summary>
    public static string NameOf(int register) => register < IntegerRegisters ? $"x{register}" : $"f{register - IntegerRegisters}";
}

/// <summary>One of two machines that are compared: the compiled engine in Wasmtime with a deterministic machine.</summary>
public sealed unsafe class LockstepSide : IDisposable
{
    // x0 to x31, the register that takes what is written to x0, f0 to f31.
    private const int RegisterWords = 65, FirstFloat = 33;

    private readonly WasmEngine engine;
    private readonly MachineHost host;
    private readonly IDisposable owner;
    private readonly ulong machine;
    private readonly List<byte> output = [];

    /// <summary>Watches a machine that has not run yet.</summary>
    /// <param name="engine">Its engine.</param>
    /// <param name="host">Its host. What its ports and UART say from now on is noted, and still goes to who listens already.</param>
    /// <param name="owner">Disposed with this.</param>
    public LockstepSide(WasmEngine engine, MachineHost host, IDisposable owner)
    {
        this.engine = engine;
        this.host = host;
        this.owner = owner;
        machine = engine.GetMachine();
        foreach (var port in host.Ports)
            port.Output = Note(port.Output);
        host.UartOutput = Note(host.UartOutput);
        host.LogOutput = Note(host.LogOutput);
    }

    /// <summary>The engine.</summary>
    public WasmEngine Engine => engine;

    /// <summary>Why the machine came back last.</summary>
    public RunReason Reason { get; private set; }

    /// <summary>The processor's state.</summary>
    public GuestState State
    {
        get
        {
            var mailbox = engine.Observe(machine);
            var from = new ReadOnlySpan<ulong>(engine.Pointer(mailbox.Registers, RegisterWords * sizeof(ulong)), RegisterWords);
            return new GuestState(mailbox.Pc, host.Instructions, mailbox.AddressSpace, [.. from[..GuestState.IntegerRegisters], .. from[FirstFloat..]]);
        }
    }

    /// <summary>Guest RAM, good until the machine next runs.</summary>
    public Span<byte> Ram
    {
        get
        {
            var mailbox = host.State;
            return new Span<byte>(engine.Pointer(mailbox.Ram, mailbox.RamSize), checked((int)mailbox.RamSize));
        }
    }

    /// <summary>Sets a register, to see what becomes of it.</summary>
    public void SetRegister(int register, ulong value)
    {
        var place = register < GuestState.IntegerRegisters ? register : register - GuestState.IntegerRegisters + FirstFloat;
        *(ulong*)engine.Pointer(engine.Observe(machine).Registers + ((ulong)place * sizeof(ulong)), sizeof(ulong)) = value;
    }

    /// <summary>What has come out since this was last asked.</summary>
    public byte[] TakeOutput()
    {
        byte[] bytes = [.. output];
        output.Clear();
        return bytes;
    }

    /// <summary>Runs alone, until the guest comes to its end or waits for what does not come. What the host does for the guest it does at the same places whatever is translated.</summary>
    /// <param name="budget">Instructions of a run.</param>
    /// <param name="output">Gets what comes out.</param>
    public void RunToTheEnd(long budget, Action<byte[]> output)
    {
        bool busy;
        do
        {
            Begin();
            Run(budget);
            busy = End();
            output(TakeOutput());
        }
        while (Reason != RunReason.Halted && (busy || !IsWaitingForever));
    }

    /// <inheritdoc/>
    public void Dispose() => owner.Dispose();

    internal void Begin() => host.BeginStep();

    internal bool End() => host.EndStep();

    internal bool IsWaitingForever => Reason == RunReason.Idle && host.State.IdleNanoseconds == ulong.MaxValue && host.State.RequestsInFlight == 0;

    internal void Run(long budget) => Reason = host.RunOnly(budget);

    private Action<ReadOnlySpan<byte>> Note(Action<ReadOnlySpan<byte>>? next) => bytes =>
    {
        output.AddRange(bytes);
        next?.Invoke(bytes);
    };
}
