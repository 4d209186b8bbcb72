using System.Buffers;

namespace Gantry.Host;

/// <summary>The host's end of a console port: output comes as calls, input may be written from any thread.</summary>
public sealed class HostPort
{
    private readonly Lock gate = new();
    private readonly Action wake;
    private readonly ArrayBufferWriter<byte> waiting = new();
    private int taken;
    private bool closed;

    internal HostPort(string name, Action wake)
    {
        Name = name;
        this.wake = wake;
    }

    /// <summary>The port's name; empty for the console.</summary>
    public string Name { get; }

    /// <summary>Called on the machine's thread with what the guest wrote. The memory is only good during the call.</summary>
    public Action<ReadOnlySpan<byte>>? Output { get; set; }

    /// <summary>The guest has the port open.</summary>
    public bool GuestOpen { get; internal set; }

    /// <summary>Bytes written that the guest's ring had no room for yet.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return waiting.WrittenCount - taken;
        }
    }

    /// <summary>Sends bytes to the guest; never blocks, what does not fit waits here.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
            waiting.Write(bytes);
        wake();
    }

    /// <summary>After what was written, the guest reads end of file.</summary>
    public void CloseInput()
    {
        lock (gate)
            closed = true;
        wake();
    }

    internal unsafe bool Fill(Engine.Host.Ring* ring, byte* ringBytes)
    {
        lock (gate)
        {
            var bytes = waiting.WrittenSpan[taken..];
            var length = (int)Math.Min((uint)bytes.Length, ring->Space);
            RingAccess.Write(ring, ringBytes, bytes[..length]);
            taken += length;
            if (taken == waiting.WrittenCount && taken > 0)
            {
                waiting.ResetWrittenCount();
                taken = 0;
            }

            if (closed && taken == waiting.WrittenCount)
                ring->Flags |= Engine.Host.Ring.Closed;
            return length > 0;
        }
    }
}
