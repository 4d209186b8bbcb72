using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Descriptors 0, 1 and 2 of the WASI host: a terminal on the console, or three pipes' ports.</summary>
internal unsafe struct StandardStreams
{
    private const uint BufferSize = 65536;
    private const uint SignalPipe = 13;
    private const int EmptyReadsOfAHangUp = 16;
    private const byte EndOfTransmission = 4;

    /// <summary>Input and output are one terminal.</summary>
    public bool IsTerminal;

    /// <summary>More input may come.</summary>
    public bool InputOpen;

    private Ring* input;
    private Ring* output;
    private Ring* errors;
    private byte* buffer;
    private int emptyReads;
    private bool outputBroken;
    private bool errorsBroken;

    /// <summary>Decides between terminal and pipes.</summary>
    /// <param name="noInput">The guest shall read end of file.</param>
    public void Open(bool noInput)
    {
        IsTerminal = !noInput && IsTerminalDescriptor(0) && IsTerminalDescriptor(1);
        InputOpen = !noInput;
        buffer = Allocation.Bytes(BufferSize);
    }

    /// <summary>Attaches the guest's side.</summary>
    public void Attach(Ring* toGuest, Ring* toOutput, Ring* toErrors)
    {
        input = toGuest;
        output = toOutput;
        errors = toErrors;
        if (!InputOpen)
            input->Flags |= Ring.Closed;
    }

    /// <summary>Whether input is wanted now: the guest has room for it.</summary>
    public readonly bool WantsInput => InputOpen && input->Space != 0;

    /// <summary>Passes on what the guest wrote; true when there was anything.</summary>
    /// <param name="control">Told when the reader of our output is gone.</param>
    public bool Drain(ref ControlPort control)
    {
        var any = Drain(output, 1, ref outputBroken, ref control);
        if (errors != null)
            any |= Drain(errors, 2, ref errorsBroken, ref control);
        return any;
    }

    /// <summary>Reads once; the caller knows that it will not block.</summary>
    public void Read()
    {
        IoVector vector;
        vector.Address = (uint)(nuint)buffer;
        vector.Length = Math.Min(BufferSize, input->Space);
        uint done = 0;
        var error = Preview1.fd_read(0, &vector, 1, &done);
        if (error == WasiError.Again || error == WasiError.Interrupted)
            return;
        if (error == 0 && done != 0)
        {
            emptyReads = 0;
            input->Write(buffer, done);
            return;
        }

        // On a terminal an empty read is Ctrl-D, said once for each; one that hung up says it for ever.
        if (error == 0 && IsTerminal && ++emptyReads < EmptyReadsOfAHangUp)
        {
            var end = EndOfTransmission;
            input->Write(&end, 1);
            return;
        }

        InputOpen = false;
        if (!IsTerminal)
            input->Flags |= Ring.Closed;
    }

    // The C library's own rule: a character device without a position; /dev/null has one.
    private static bool IsTerminalDescriptor(uint fd)
    {
        FdStat stat;
        return Preview1.fd_fdstat_get(fd, &stat) == 0 && stat.Type == FileType.CharacterDevice
            && (stat.Rights & (WasiFlags.RightSeek | WasiFlags.RightTell)) == 0;
    }

    private readonly bool Drain(Ring* ring, uint fd, ref bool broken, ref ControlPort control)
    {
        var any = false;
        while (true)
        {
            var length = ring->Read(buffer, BufferSize);
            if (length == 0)
                return any;
            any = true;
            if (broken || Messages.Write(fd, buffer, length))
                continue;
            // As on Linux: who writes to a pipe without a reader gets SIGPIPE.
            broken = true;
            var signal = SignalPipe;
            control.Queue(Frame.Signal, (byte*)&signal, sizeof(uint));
        }
    }
}
