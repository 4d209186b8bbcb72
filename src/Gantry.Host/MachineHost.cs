using System.Text;
using Gantry.Engine.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Host;

/// <summary>How a machine ended.</summary>
/// <param name="Kind">Power off, reset or failure.</param>
/// <param name="Code">The guest's reason code.</param>
/// <param name="Message">What the engine says about it.</param>
public sealed record Halt(HaltKind Kind, uint Code, string Message);

/// <summary>Drives one machine: slices, rings, requests. All but port writes and <see cref="Wake"/> on one thread.</summary>
public sealed unsafe class MachineHost : IDisposable
{
    private const int FrameHeader = 4;

    private readonly IEngine engine;
    private readonly MachineOptions options;
    private readonly ulong machine;
    private readonly ulong mailboxAddress;
    private readonly AutoResetEvent wake = new(false);
    private readonly byte[] frame = new byte[65536];
    private readonly Queue<byte[]> framesToGuest = new();
    private readonly List<HostPort> ports = [];
    private (ushort Columns, ushort Rows)? window;

    /// <summary>Makes the machine and starts its kernel.</summary>
    /// <param name="engine">Where it runs; disposed with the host.</param>
    /// <param name="options">What it is made of; disks and mounts stay the caller's.</param>
    /// <exception cref="MachineException">The engine refused configuration or kernel.</exception>
    public MachineHost(IEngine engine, MachineOptions options)
    {
        this.engine = engine;
        this.options = options;
        machine = engine.Create(ConfigWriter.Write(engine, options));
        mailboxAddress = engine.GetMailbox(machine);
        ThrowIfHalted();
        Copy(options.Kernel, Mailbox->KernelBuffer);
        Copy(options.Initrd, Mailbox->InitrdBuffer);
        if (!engine.Boot(machine))
            ThrowIfHalted();
        engine.Translate(machine, options.Translation);
        AddPorts();
    }

    private MachineHost(IEngine engine, MachineOptions options, ulong machine)
    {
        this.engine = engine;
        this.options = options;
        this.machine = machine;
        mailboxAddress = engine.GetMailbox(machine);
        AddPorts();
        engine.Restored(machine);
        engine.Translate(machine, options.Translation);
        window = options.Window;
    }

    /// <summary>Takes over the machine in a memory image that was restored into the engine.</summary>
    /// <param name="engine">Where it runs; disposed with the host.</param>
    /// <param name="options">What it was made of; kernel, initrd, memory size and command line are not needed again.</param>
    /// <exception cref="MachineException">There is no machine in the memory.</exception>
    public static MachineHost Attach(IEngine engine, MachineOptions options)
    {
        var machine = engine.GetMachine();
        return machine != 0 ? new MachineHost(engine, options, machine) : throw new MachineException("the memory image has no machine in it");
    }

    /// <summary>The console, then the named ports.</summary>
    public IReadOnlyList<HostPort> Ports => ports;

    /// <summary>The terminal.</summary>
    public HostPort Console => ports[0];

    /// <summary>What the UART (kernel messages) sent.</summary>
    public Action<ReadOnlySpan<byte>>? UartOutput { get; set; }

    /// <summary>The engine's own messages.</summary>
    public Action<ReadOnlySpan<byte>>? LogOutput { get; set; }

    /// <summary>Frames the guest sent.</summary>
    public Action<ReadOnlySpan<byte>>? FrameOutput { get; set; }

    /// <summary>Instructions in one slice.</summary>
    public long SliceInstructions { get; set; } = 20_000_000;

    /// <summary>Guest instructions so far.</summary>
    public ulong Instructions => Mailbox->Instructions;

    /// <summary>The mailbox, good until the next call into the engine.</summary>
    public ref readonly Mailbox State => ref *Mailbox;

    private Mailbox* Mailbox => (Mailbox*)engine.Pointer(mailboxAddress, (ulong)sizeof(Mailbox));

    /// <summary>The port of a name.</summary>
    public HostPort Port(string name) => ports.Find(port => port.Name == name) ?? throw new MachineException($"there is no port {name}");

    /// <summary>Ends a wait in <see cref="Run"/>; from any thread.</summary>
    public void Wake() => wake.Set();

    /// <summary>Tells the guest a new window size, from any thread.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        window = (columns, rows);
        Wake();
    }

    /// <summary>Sends an Ethernet frame to the guest, from any thread.</summary>
    public void SendFrame(ReadOnlySpan<byte> bytes)
    {
        lock (framesToGuest)
            framesToGuest.Enqueue(bytes.ToArray());
        Wake();
    }

    /// <summary>Runs until the machine is off.</summary>
    /// <param name="until">Asked after each slice; true ends the run early. Null: never.</param>
    /// <param name="cancel">Ends the run early; the machine can go on afterwards.</param>
    /// <returns>How the machine ended; null when it has not.</returns>
    public Halt? Run(Func<bool>? until = null, CancellationToken cancel = default)
    {
        using var registration = cancel.Register(Wake);
        while (!cancel.IsCancellationRequested)
        {
            var busy = PumpInput();
            var reason = (RunReason)engine.Run(machine, SliceInstructions);
            busy |= ServeRequests();
            busy |= PumpOutput();
            if (reason == RunReason.Halted)
                return new Halt((HaltKind)Mailbox->HaltKind, Mailbox->HaltCode, HaltMessage());
            if (until?.Invoke() == true)
                return null;
            if (reason == RunReason.Idle && !busy)
                Sleep(Mailbox->IdleNanoseconds);
        }

        return null;
    }

    /// <summary>Before a run: what there is for the guest goes into its rings.</summary>
    internal void BeginStep() => PumpInput();

    /// <summary>Runs, and does nothing else.</summary>
    internal RunReason RunOnly(long budget) => (RunReason)engine.Run(machine, budget);

    /// <summary>After a run: requests are served, output is taken; whether there was anything.</summary>
    internal bool EndStep() => ServeRequests() | PumpOutput();

    /// <summary>Zeroes what the machine can make again, before a memory image is taken.</summary>
    public void Trim() => engine.Trim(machine);

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        wake.Dispose();
    }

    private void AddPorts()
    {
        for (var i = 0; i <= options.Ports.Count; i++)
            ports.Add(new HostPort(i == 0 ? "" : options.Ports[i - 1], Wake));
    }

    private void Sleep(ulong nanoseconds)
    {
        // The event's clock counts milliseconds; rounding up costs less than spinning.
        var milliseconds = nanoseconds == ulong.MaxValue ? -1 : (int)Math.Min((nanoseconds + 999_999) / 1_000_000, 1000);
        wake.WaitOne(milliseconds);
    }

    private bool PumpInput()
    {
        var mailbox = Mailbox;
        if (window is { } size)
        {
            mailbox->Columns = size.Columns;
            mailbox->Rows = size.Rows;
            window = null;
        }

        var moved = false;
        for (var i = 0; i < ports.Count; i++)
        {
            var port = PortAt(i);
            ports[i].GuestOpen = (port->Flags & Engine.Host.Port.GuestOpen) != 0;
            moved |= ports[i].Fill(&port->ToGuest, RingBytes(&port->ToGuest));
        }

        lock (framesToGuest)
        {
            while (framesToGuest.TryPeek(out var bytes) && mailbox->NetToGuest.Space >= bytes.Length + FrameHeader)
            {
                var ringBytes = RingBytes(&mailbox->NetToGuest);
                RingAccess.Write(&mailbox->NetToGuest, ringBytes, BitConverter.GetBytes(bytes.Length));
                RingAccess.Write(&mailbox->NetToGuest, ringBytes, bytes);
                framesToGuest.Dequeue();
                moved = true;
            }
        }

        return moved;
    }

    private bool PumpOutput()
    {
        var mailbox = Mailbox;
        var moved = Drain(&mailbox->Log, LogOutput) | Drain(&mailbox->UartToHost, UartOutput);
        for (var i = 0; i < ports.Count; i++)
        {
            moved |= Drain(&PortAt(i)->ToHost, ports[i].Output);
            // Input that waits for room in its ring is something to do as soon as there is some.
            moved |= ports[i].Waiting > 0 && PortAt(i)->ToGuest.Space > 0;
        }

        while (mailbox->NetToHost.Count >= FrameHeader)
        {
            var length = 0u;
            var ring = &mailbox->NetToHost;
            CopyOut(ring, new Span<byte>(&length, FrameHeader));
            if (length > frame.Length || ring->Count < length)
                throw new MachineException("the engine's frame ring is out of step");
            CopyOut(ring, frame.AsSpan(0, (int)length));
            FrameOutput?.Invoke(frame.AsSpan(0, (int)length));
            moved = true;
        }

        return moved;
    }

    private bool Drain(Ring* ring, Action<ReadOnlySpan<byte>>? output)
    {
        var moved = false;
        while (ring->Count > 0)
        {
            var bytes = RingAccess.Peek(ring, RingBytes(ring));
            output?.Invoke(bytes);
            ring->Tail += (uint)bytes.Length;
            moved = true;
        }

        return moved;
    }

    private void CopyOut(Ring* ring, Span<byte> target)
    {
        while (target.Length > 0)
        {
            var bytes = RingAccess.Peek(ring, RingBytes(ring));
            bytes = bytes[..Math.Min(bytes.Length, target.Length)];
            bytes.CopyTo(target);
            target = target[bytes.Length..];
            ring->Tail += (uint)bytes.Length;
        }
    }

    private bool ServeRequests()
    {
        if (Mailbox->RequestsInFlight == 0)
            return false;
        var served = false;
        for (var i = 0u; i < Mailbox->RequestCount; i++)
        {
            var stride = Mailbox->RequestStride;
            var request = (Request*)engine.Pointer(Mailbox->Requests + (i * stride), stride);
            if (request->State != (uint)RequestState.Posted)
                continue;
            request->Status = Serve(ref *request);
            request->State = (uint)RequestState.Completed;
            served = true;
        }

        return served;
    }

    private int Serve(ref Request request)
    {
        const int InputOutputError = 5;
        try
        {
            if (request.Kind >= (uint)RequestKind.Stat)
            {
                var file = new FileRequest(engine, ref request);
                return options.Mounts[(int)request.Device].Server.Serve(ref file);
            }

            var disk = options.Disks[(int)request.Device];
            if (request.Kind == (uint)RequestKind.BlockFlush)
            {
                disk.Flush();
                return 0;
            }

            var data = new FileRequest(engine, ref request);
            var offset = request.Offset;
            for (var i = 0; i < (int)request.SegmentCount; i++)
            {
                var segment = data.Segment(i);
                if (request.Kind == (uint)RequestKind.BlockRead)
                    disk.Read(offset, segment);
                else
                    disk.Write(offset, segment);
                offset += (ulong)segment.Length;
            }

            return 0;
        }
        catch (IOException)
        {
            return InputOutputError;
        }
    }

    private Port* PortAt(int index) =>
        (Port*)engine.Pointer(Mailbox->Ports + ((ulong)index * Mailbox->PortStride), (ulong)sizeof(Port));

    private byte* RingBytes(Ring* ring) => engine.Pointer(ring->Base, ring->Capacity);

    private void Copy(byte[] bytes, ulong address) =>
        bytes.CopyTo(new Span<byte>(engine.Pointer(address, (ulong)bytes.Length), bytes.Length));

    private string HaltMessage() =>
        Encoding.UTF8.GetString(engine.Pointer(Mailbox->HaltMessage, Mailbox->HaltMessageLength), (int)Mailbox->HaltMessageLength);

    private void ThrowIfHalted()
    {
        if (Mailbox->HaltKind != (uint)HaltKind.Running)
            throw new MachineException(HaltMessage());
    }
}
