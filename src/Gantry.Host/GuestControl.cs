using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Host;

/// <summary>The host's end of the guest init's control port (docs/guest.md, protocol version 1).</summary>
public sealed class GuestControl
{
    /// <summary>The port's name.</summary>
    public const string PortName = "gantry.control";

    private const int HeaderSize = 8;
    private const int MaxPayload = 131072;
    private const int EntropySize = 64;

    private readonly HostPort port;
    private readonly List<byte> received = [];

    /// <summary>Listens on a port.</summary>
    public GuestControl(HostPort port)
    {
        this.port = port;
        port.Output = Receive;
    }

    /// <summary>The guest waits for settings: the snapshot point.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Exit status of process 0; null while it runs.</summary>
    public uint? ExitStatus { get; private set; }

    /// <summary>What the guest complained of, in order.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>Called once when <see cref="IsReady"/> becomes true.</summary>
    public Action? Ready { get; set; }

    private readonly List<string> errors = [];

    /// <summary>What the guest gets as entropy follows from this, and its time is the beginning of 2025: for runs that can be repeated. Null: this machine's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Sends time and entropy, then the settings and RUN of process 0.</summary>
    public void Start(GuestProcess process)
    {
        SendTime();
        Send(0x0021, Seed is { } seed ? SHA512.HashData(BitConverter.GetBytes(seed)) : RandomNumberGenerator.GetBytes(EntropySize));
        if (process.HostName != null)
            SendText(0x0022, process.HostName);
        foreach (var (tag, path, options, readOnly) in process.Mounts)
        {
            var text = Encoding.UTF8.GetBytes($"{tag}\0{path}\0{options}");
            var payload = new byte[4 + text.Length];
            payload[0] = readOnly ? (byte)1 : (byte)0;
            text.CopyTo(payload, 4);
            Send(0x0010, payload);
        }

        foreach (var argument in process.Arguments)
            SendText(0x0001, argument);
        foreach (var variable in process.Environment)
            SendText(0x0002, variable);
        if (process.WorkingDirectory != null)
            SendText(0x0003, process.WorkingDirectory);
        if (process.User != null)
            SendText(0x0004, process.User);
        var (columns, rows) = process.Window ?? default;
        Send(0x0005, [
            process.Window != null ? (byte)1 : (byte)0, 0, (byte)rows, (byte)(rows >> 8), (byte)columns, (byte)(columns >> 8)]);
        Send(0x001F, []);
    }

    /// <summary>Sends a signal to process 0.</summary>
    public void Signal(uint signal)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, signal);
        Send(0x0030, payload);
    }

    /// <summary>Tells process 0's terminal its new size.</summary>
    public void Resize(ushort columns, ushort rows) =>
        Send(0x0031, [(byte)rows, (byte)(rows >> 8), (byte)columns, (byte)(columns >> 8)]);

    /// <summary>Sets the guest's wall clock to this machine's.</summary>
    public void SendTime()
    {
        var now = (Seed == null ? DateTime.UtcNow : new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc)) - DateTime.UnixEpoch;
        Span<byte> payload = stackalloc byte[16];
        payload.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(payload, now.Ticks / TimeSpan.TicksPerSecond);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], (uint)(now.Ticks % TimeSpan.TicksPerSecond * 100));
        Send(0x0020, payload);
    }

    private void SendText(ushort type, string text) => Send(type, Encoding.UTF8.GetBytes(text));

    private void Send(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxPayload)
            throw new MachineException($"a setting of {payload.Length} bytes is longer than the guest takes ({MaxPayload})");
        var frame = new byte[HeaderSize + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), type);
        payload.CopyTo(frame.AsSpan(HeaderSize));
        port.Write(frame);
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        received.AddRange(bytes);
        while (received.Count >= HeaderSize)
        {
            var head = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(received);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(head);
            if (length > MaxPayload)
                throw new MachineException("the guest's control stream is out of step");
            if (received.Count < HeaderSize + (int)length)
                return;
            Handle(BinaryPrimitives.ReadUInt16LittleEndian(head[4..]), BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), head.Slice(HeaderSize, (int)length));
            received.RemoveRange(0, HeaderSize + (int)length);
        }
    }

    private void Handle(ushort type, ushort process, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case 0x8001:
                IsReady = true;
                Ready?.Invoke();
                break;
            case 0x8003 when process == 0 && payload.Length >= 4:
                ExitStatus = BinaryPrimitives.ReadUInt32LittleEndian(payload);
                break;
            case 0x8004:
                errors.Add(Encoding.UTF8.GetString(payload));
                break;
            default:
                break;
        }
    }
}

/// <summary>The process the guest's init starts.</summary>
public sealed class GuestProcess
{
    /// <summary>argv; the first is what is executed.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Where it starts; null: <c>/</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary><c>user</c> or <c>user:group</c>; null: root.</summary>
    public string? User { get; init; }

    /// <summary>The guest's name; null: the kernel's default.</summary>
    public string? HostName { get; init; }

    /// <summary>Size of its terminal; null: pipes instead of a terminal.</summary>
    public (ushort Columns, ushort Rows)? Window { get; init; }

    /// <summary>9p mounts: tag, path inside, options (empty: the guest's default), read-only.</summary>
    public IReadOnlyList<(string Tag, string Path, string Options, bool ReadOnly)> Mounts { get; init; } = [];
}
