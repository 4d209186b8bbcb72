using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Guest.Tests;

/// <summary>A guest under qemu-system-riscv64, whose devices are not ours: kernel and init are judged by themselves.</summary>
internal sealed class Guest : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string[] Ports =
        ["control", "stdin", "stdout", "stderr", "terminal.1", "stdin.2", "stdout.2", "stderr.2"];

    private readonly string folder = Directory.CreateTempSubdirectory("gantry-").FullName;
    private readonly Dictionary<string, Socket> sockets = [];
    private readonly Dictionary<string, Collector> collectors = [];
    private readonly Process qemu;

    /// <summary>Boots to READY.</summary>
    /// <param name="commandLine">For init, after the defaults.</param>
    /// <param name="devices">More arguments for qemu.</param>
    public Guest(string commandLine = "", params string[] devices)
        : this(commandLine, null, devices)
    {
    }

    private Guest(string commandLine, string? snapshot, string[] devices)
    {
        List<string> arguments =
        [
            "-M", "virt", "-m", "192", "-nodefaults", "-no-reboot", "-display", "none",
            "-global", "virtio-mmio.force-legacy=false",
            "-kernel", Artifacts.Kernel, "-initrd", Artifacts.Init, "-append", $"quiet console=ttyS0 {commandLine}",
            "-serial", $"file:{Path.Combine(folder, "serial")}",
            "-qmp", $"unix:{Path.Combine(folder, "monitor")},server=on,wait=off",
            "-drive", $"file={Artifacts.RootImage},format=raw,if=none,id=root,readonly=on", "-device", "virtio-blk-device,drive=root",
            "-device", "virtio-rng-device", "-device", "virtio-serial-device",
            "-chardev", $"socket,id=tty,path={Path.Combine(folder, "tty")},server=on,wait=off",
            "-device", "virtconsole,chardev=tty,nr=0",
        ];
        foreach (string port in Ports)
        {
            arguments.AddRange([
                "-chardev", $"socket,id={port},path={Path.Combine(folder, port)},server=on,wait=off",
                "-device", $"virtserialport,chardev={port},id=port-{port},name=gantry.{port}",
            ]);
        }
        arguments.AddRange(devices);
        if (snapshot is not null)
            arguments.AddRange(["-incoming", $"exec:cat '{snapshot}'"]);
        qemu = Process.Start("qemu-system-riscv64", arguments);
        try
        {
            foreach (string port in (string[])["monitor", "tty", .. Ports])
                sockets[port] = Connect(Path.Combine(folder, port));
            foreach (string port in (string[])["monitor", "tty", "stdout", "stderr", "terminal.1", "stdout.2", "stderr.2"])
                collectors[port] = new Collector(sockets[port]);
            Write("monitor", "{\"execute\":\"qmp_capabilities\"}\n");
            if (snapshot is not null)
            {
                WaitForQuery("query-status", "\"status\": \"running\"");
                First = new Frame(FrameType.Ready, 0, []);
                return;
            }
            First = Receive();
            if (First.Type == FrameType.Ready)
                Assert.Equal([1, 0, 0, 0], First.Payload);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A guest that goes on from a snapshot at the point where READY was sent.</summary>
    public static Guest Restore(string snapshot) => new("", snapshot, []);

    /// <summary>Writes the machine's whole state to a file and stops it.</summary>
    public void Snapshot(string path)
    {
        Write("monitor", $"{{\"execute\":\"migrate\",\"arguments\":{{\"uri\":\"exec:cat > '{path}'\"}}}}\n");
        WaitForQuery("query-migrate", "\"status\": \"completed\"");
    }

    /// <summary>The first frame: READY unless the guest could not prepare its container.</summary>
    public Frame First { get; }

    /// <summary>What the kernel printed on the UART.</summary>
    public string Serial => File.ReadAllText(Path.Combine(folder, "serial"));

    public void Send(FrameType type, byte[]? payload = null, int process = 0)
    {
        payload ??= [];
        byte[] frame = new byte[8 + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), (ushort)process);
        payload.CopyTo(frame, 8);
        SendRaw(frame);
    }

    public void Send(FrameType type, string text, int process = 0) => Send(type, Payload.Text(text), process);

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[sockets["control"].Send(bytes)..];
    }

    /// <summary>Sends clock, entropy, arguments and RUN.</summary>
    public void Run(params string[] command)
    {
        Send(FrameType.Time, Payload.Now());
        Send(FrameType.Entropy, RandomNumberGenerator.GetBytes(64));
        RunProcess(0, command);
    }

    /// <summary>Sends the arguments of a process and RUN.</summary>
    public void RunProcess(int process, params string[] command)
    {
        foreach (string argument in command)
            Send(FrameType.Arg, argument, process);
        Send(FrameType.Run, "", process);
    }

    /// <summary>The next frame.</summary>
    public Frame Receive()
    {
        byte[] header = Exactly(8);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        Assert.InRange(length, 0, 131072);
        return new Frame(
            (FrameType)BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4)),
            BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6)), Exactly(length));
    }

    /// <summary>The next frame, which must be of that type and about that process.</summary>
    public Frame Expect(FrameType type, int process = 0)
    {
        Frame frame = Receive();
        Assert.True(frame.Type == type && frame.Process == process, $"expected {type} of {process}, got {frame.Type} of {frame.Process}: {frame.Text}");
        return frame;
    }

    /// <summary>STARTED, EXITED with that status, and for process 0 the power-off that must follow.</summary>
    public void ExpectExit(int status, int process = 0)
    {
        Expect(FrameType.Started, process);
        ExpectEnd(status, process);
    }

    /// <summary>EXITED with that status, and for process 0 the power-off that must follow.</summary>
    public Frame ExpectEnd(int status, int process = 0)
    {
        Frame exited = Expect(FrameType.Exited, process);
        Assert.True(exited.Number == status, $"status {exited.Number}, expected {status}\n{Output("stdout")}\n{Output("stderr")}\n{Output("tty")}");
        if (process == 0)
        {
            Assert.True(qemu.WaitForExit(Patience), "the guest did not power off");
            Assert.Equal(0, qemu.ExitCode);
        }
        return exited;
    }

    public void Write(string port, string text) => Write(port, Payload.Text(text));

    public void Write(string port, byte[] bytes) => sockets[port].Send(bytes);

    /// <summary>Closes the host end of a port: end of file for the guest.</summary>
    public void Close(string port) => sockets[port].Dispose();

    /// <summary>What came out of a port so far, all of it once the guest is off.</summary>
    public string Output(string port) => Encoding.UTF8.GetString(Bytes(port));

    /// <inheritdoc cref="Output"/>
    public byte[] Bytes(string port) => collectors[port].Bytes(qemu.HasExited);

    /// <summary>Waits until a port's output contains a text.</summary>
    public void WaitFor(string port, string text)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!Output(port).Contains(text, StringComparison.Ordinal))
        {
            Assert.True(time.Elapsed < Patience, $"no '{text}' on {port}, only: {Output(port)}");
            Thread.Sleep(5);
        }
    }

    public void Dispose()
    {
        qemu.Kill();
        qemu.WaitForExit();
        qemu.Dispose();
        foreach (Socket socket in sockets.Values)
            socket.Dispose();
        Directory.Delete(folder, true);
    }

    private void WaitForQuery(string query, string answer)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!Output("monitor").Contains(answer, StringComparison.Ordinal))
        {
            Assert.True(time.Elapsed < Patience, Output("monitor"));
            Write("monitor", $"{{\"execute\":\"{query}\"}}\n");
            Thread.Sleep(20);
        }
    }

    private byte[] Exactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            Assert.True(sockets["control"].Poll(Patience, SelectMode.SelectRead), $"the guest is silent; terminal: {Output("tty")}\n{Output("stderr")}");
            int n = sockets["control"].Receive(bytes.AsSpan(at));
            Assert.True(n > 0, $"the guest ended without a word; its kernel printed:\n{Serial}");
            at += n;
        }
        return bytes;
    }

    private Socket Connect(string path)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                ReceiveTimeout = (int)Patience.TotalMilliseconds, SendTimeout = (int)Patience.TotalMilliseconds,
            };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return socket;
            }
            catch (SocketException) when (time.Elapsed < Patience && !qemu.HasExited)
            {
                socket.Dispose();
                Thread.Sleep(5);
            }
        }
    }

    /// <summary>Reads a port to its end in the background, so that the guest never waits for the test.</summary>
    private sealed class Collector
    {
        private readonly List<byte> collected = [];
        private readonly Task reader;

        public Collector(Socket socket)
        {
            socket.ReceiveTimeout = 0;
            reader = Task.Factory.StartNew(() => Read(socket), TaskCreationOptions.LongRunning);
        }

        public byte[] Bytes(bool wholly)
        {
            if (wholly)
                reader.Wait(Patience);
            lock (collected)
                return collected.ToArray();
        }

        private void Read(Socket socket)
        {
            byte[] buffer = new byte[65536];
            try
            {
                for (int n; (n = socket.Receive(buffer)) > 0;)
                {
                    lock (collected)
                        collected.AddRange(buffer.AsSpan(0, n));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test closed the port, or qemu went away: what was collected counts.
            }
        }
    }
}
