using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>
/// <c>_start</c>: runs the container under a plain WASI runtime, where everything blocks. It drives the machine through the same mailbox as
/// any other host (docs/host-interface.md) and serves disk, folders and streams with WASI calls.
/// </summary>
internal unsafe struct FrontDoor
{
    // About 20 ms of interpreted code: how long a key press waits at most, and how often the runtime is asked for input.
    private const long Budget = 2_000_000;

    // How long the guest may take to write its caches back and power off once the process has ended.
    private const ulong PowerOffInstructions = 2_000_000_000;
    private const ulong LongestSleep = 3_600_000_000_000;

    private nuint machine;
    private Mailbox* mailbox;
    private Records records;
    private CommandLine command;
    private Preopens preopens;
    private ControlPort control;
    private StandardStreams streams;
    private DiskServer disk;
    private FileServer files;
    private bool isStarted;
    private ulong polledAt;
    private ulong exitedAt;

    /// <summary>The module's entry for WASI runtimes; ends with <c>proc_exit</c>.</summary>
    [WasmExport("_start")]
    public static void Start()
    {
        var door = (FrontDoor*)Allocation.Bytes((uint)sizeof(FrontDoor));
        door->Open();
        door->Loop();
        door->Finish();
    }

    private void Open()
    {
        command.Load();
        records.Load();
        preopens.Load(records.Count(RecordType.Mount));
        disk.Open(ref records, ref preopens);
        machine = Exports.GetMachine();
        if (machine != 0)
            Exports.Restored(machine);
        else
            machine = ColdBoot.Start(ref records);
        mailbox = (Mailbox*)Exports.GetMailbox(machine);
        streams.Open(command.NoStdin);
        if (streams.IsTerminal)
            SetWindowSize();
        control.Open(FindPort("gantry.control"u8), Settings.MostBytes(ref records, ref command, ref preopens));
        if (streams.IsTerminal)
        {
            var console = (Port*)(nuint)mailbox->Ports;
            streams.Attach(&console->ToGuest, &console->ToHost, null);
        }
        else
            streams.Attach(&FindPort("gantry.stdin"u8)->ToGuest, &FindPort("gantry.stdout"u8)->ToHost, &FindPort("gantry.stderr"u8)->ToHost);
        files.Open(ref preopens, command.User);
    }

    private void Loop()
    {
        // The snapshot was taken after READY had been read.
        if (mailbox->Instructions != 0)
            StartProcess();
        while (true)
        {
            var reason = (RunReason)Exports.Run(machine, Budget);
            var busy = ServeRequests();
            busy |= streams.Drain(ref control);
            busy |= control.Serve();
            if (control.IsReady && !isStarted)
            {
                StartProcess();
                busy = true;
            }

            if (reason == RunReason.Halted)
                return;
            if (control.HasExited)
            {
                if (exitedAt == 0)
                    exitedAt = mailbox->Instructions;
                if (mailbox->Instructions - exitedAt > PowerOffInstructions)
                    return;
            }

            if (reason == RunReason.Idle && !busy)
                Poll(Math.Min(mailbox->IdleNanoseconds, LongestSleep));
            else if (mailbox->Instructions - polledAt >= Budget && streams.WantsInput)
                Poll(0);
        }
    }

    private void StartProcess()
    {
        isStarted = true;
        Settings.Queue(ref control, ref records, ref command, ref preopens, streams.IsTerminal, mailbox);
        control.Serve();
    }

    private bool ServeRequests()
    {
        if ((mailbox->Pending & (uint)PendingWork.Requests) == 0)
            return false;
        var any = false;
        var at = (byte*)(nuint)mailbox->Requests;
        for (uint i = 0; i < mailbox->RequestCount; i++, at += mailbox->RequestStride)
        {
            var request = (Request*)at;
            if (request->State != (uint)RequestState.Posted)
                continue;
            request->State = (uint)RequestState.Taken;
            request->Status = 0;
            request->Result = 0;
            if (request->Kind < (uint)RequestKind.Stat)
                disk.Serve(request);
            else
                files.Serve(request);
            request->State = (uint)RequestState.Completed;
            any = true;
        }

        return any;
    }

    /// <summary>Sleeps until input or for some nanoseconds; then reads what there is.</summary>
    private void Poll(ulong nanoseconds)
    {
        polledAt = mailbox->Instructions;
        var subscriptions = stackalloc Subscription[2];
        var events = stackalloc PollEvent[2];
        subscriptions[0] = default;
        subscriptions[0].Tag = Subscription.Clock;
        subscriptions[0].Id = 1;
        subscriptions[0].Timeout = nanoseconds;
        subscriptions[1] = default;
        subscriptions[1].UserData = 1;
        subscriptions[1].Tag = Subscription.FdRead;
        var wantsInput = streams.WantsInput;
        uint happened = 0;
        var error = Preview1.poll_oneoff(subscriptions, events, wantsInput ? 2u : 1u, &happened);
        if (!wantsInput)
            return;
        // A runtime that cannot wait for this kind of input (a file) says so: it can be read at once then.
        var ready = error != 0 && error != WasiError.Interrupted;
        for (uint i = 0; error == 0 && i < happened; i++)
            ready |= events[i].UserData == 1;
        if (ready)
            streams.Read();
    }

    private void SetWindowSize()
    {
        if (command.Find("COLUMNS="u8, out var columns))
            mailbox->Columns = (ushort)columns.ToNumber(ushort.MaxValue, 80);
        if (command.Find("LINES="u8, out var rows))
            mailbox->Rows = (ushort)rows.ToNumber(ushort.MaxValue, 24);
    }

    private readonly Port* FindPort(ReadOnlySpan<byte> name)
    {
        var at = (byte*)(nuint)mailbox->Ports;
        for (uint i = 0; i < mailbox->PortCount; i++, at += mailbox->PortStride)
        {
            var port = (Port*)at;
            Text text;
            text.At = (byte*)(nuint)port->Name;
            text.Length = port->NameLength;
            if (text.Is(name))
                return port;
        }

        Messages.Fail("the machine lacks a port of the guest's init"u8);
        return null;
    }

    private void Finish()
    {
        streams.Drain(ref control);
        // A host that runs more modules in its process gets its descriptors back.
        files.CloseAll();
        disk.Close();
        if (command.MemoryReport)
            Report();
        if (control.HasExited)
            Preview1.proc_exit(control.Status);
        if (mailbox->HaltKind == (uint)HaltKind.Failed)
        {
            Text message;
            message.At = (byte*)(nuint)mailbox->HaltMessage;
            message.Length = mailbox->HaltMessageLength;
            Messages.Fail("the machine stopped: "u8, message);
        }

        Messages.Fail("the guest powered off before its process ended"u8);
    }

    private readonly void Report()
    {
        Messages.Say("guest memory "u8);
        Messages.Say(mailbox->RamSize >> 20);
        Messages.Say(" MiB, module memory "u8);
        // Memory is given out in ascending order: a new piece lies at the end of all that was ever used.
        Messages.Say((ulong)(nuint)Allocation.Bytes(16) >> 20);
        Messages.Say(" MiB, instructions "u8);
        Messages.Say(mailbox->Instructions);
        Messages.Say(", requests "u8);
        Messages.Say(mailbox->RequestsPosted);
        Messages.Say(", interrupts "u8);
        Messages.Say(mailbox->Interrupts);
        Messages.Say("\n"u8);
    }
}
