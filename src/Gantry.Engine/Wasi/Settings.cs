using Gantry.Engine.Host;

namespace Gantry.Engine.Wasi;

/// <summary>Turns the image's config, the command line and the runtime's environment into the frames that start process 0.</summary>
internal static unsafe class Settings
{
    private const uint EntropySize = 64;
    private const uint NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Bytes that all frames together can take at most.</summary>
    public static uint MostBytes(ref Records records, ref CommandLine command, ref Preopens preopens)
    {
        // Every record and every argument becomes at most one frame; mounts carry tag, path and a little more.
        return records.Length * 2 + command.Bytes + command.Count * 16 + preopens.AllCount * 512 + 65536;
    }

    /// <summary>Queues everything from TIME to RUN.</summary>
    public static void Queue(ref ControlPort control, ref Records records, ref CommandLine command, ref Preopens preopens, bool isTerminal, Mailbox* mailbox)
    {
        QueueTime(ref control);
        QueueEntropy(ref control);
        if (command.Hostname.Length != 0)
            control.Queue(Frame.Hostname, command.Hostname);
        else if (records.Find(RecordType.Hostname, out var hostname))
            control.Queue(Frame.Hostname, hostname);
        if (records.Find(RecordType.Capabilities, out var capabilities))
            control.Queue(Frame.Capabilities, capabilities);
        QueueMounts(ref control, ref records, ref preopens);
        QueueEnvironment(ref control, ref records, ref command);
        QueueText(ref control, Frame.User, command.User, ref records, RecordType.User);
        QueueText(ref control, Frame.Cwd, command.Cwd, ref records, RecordType.Cwd);
        QueueStdio(ref control, isTerminal, mailbox);
        QueueArguments(ref control, ref records, ref command);
        control.Begin(Frame.Run, 0);
    }

    private static void QueueTime(ref ControlPort control)
    {
        var now = HostClock.Realtime();
        var payload = stackalloc ulong[2];
        payload[0] = now / NanosecondsPerSecond;
        payload[1] = now % NanosecondsPerSecond;
        control.Queue(Frame.Time, (byte*)payload, 16);
    }

    private static void QueueEntropy(ref ControlPort control)
    {
        var bytes = stackalloc byte[(int)EntropySize];
        if (!HostEntropy.Fill(bytes, EntropySize))
            Messages.Fail("the runtime gives no random bytes"u8);
        control.Queue(Frame.Entropy, bytes, EntropySize);
    }

    private static void QueueMounts(ref ControlPort control, ref Records records, ref Preopens preopens)
    {
        uint position = 0;
        for (uint i = 0; i < preopens.MountCount; i++)
        {
            var path = preopens.Name(i);
            if (path.StartsWith("./"u8))
                path = path.Skip(2);
            if (!records.Next(ref position, RecordType.Mount, out var tag))
                return;
            var isAbsolute = path.At[0] == (byte)'/';
            control.Begin(Frame.Mount, 4 + tag.Length + 1 + (isAbsolute ? 0u : 1) + path.Length + 1);
            control.Append("\0\0\0\0"u8);
            control.Append(tag.At, tag.Length);
            control.Append("\0"u8);
            if (!isAbsolute)
                control.Append("/"u8);
            control.Append(path.At, path.Length);
            control.Append("\0"u8);
        }
    }

    // A later variable wins: the image's, the runtime's, then the command line's.
    private static void QueueEnvironment(ref ControlPort control, ref Records records, ref CommandLine command)
    {
        uint position = 0;
        while (records.Next(ref position, RecordType.Env, out var variable))
            control.Queue(Frame.Env, variable);
        for (uint i = 0; i < command.VariableCount; i++)
        {
            var variable = command.Variable(i);
            if (variable.IndexOf((byte)'=') is var equals && equals != 0 && equals != variable.Length)
                control.Queue(Frame.Env, variable);
        }

        uint index = 1;
        while (command.NextVariableOption(ref index, out var option))
            control.Queue(Frame.Env, option);
    }

    private static void QueueText(ref ControlPort control, uint frame, Text given, ref Records records, uint type)
    {
        if (given.Length == 0 && !records.Find(type, out given))
            return;
        if (given.Length != 0)
            control.Queue(frame, given);
    }

    private static void QueueStdio(ref ControlPort control, bool isTerminal, Mailbox* mailbox)
    {
        var payload = stackalloc ushort[3];
        payload[0] = isTerminal ? (ushort)1 : (ushort)0;
        payload[1] = isTerminal ? mailbox->Rows : (ushort)0;
        payload[2] = isTerminal ? mailbox->Columns : (ushort)0;
        control.Queue(Frame.Stdio, (byte*)payload, 6);
    }

    // As docker: a command replaces CMD, an entrypoint on the command line replaces ENTRYPOINT and drops CMD.
    private static void QueueArguments(ref ControlPort control, ref Records records, ref CommandLine command)
    {
        uint words = 0;
        uint position = 0;
        if (command.HasEntrypoint)
        {
            if (command.Entrypoint.Length != 0)
            {
                control.Queue(Frame.Arg, command.Entrypoint);
                words++;
            }
        }
        else
        {
            for (; records.Next(ref position, RecordType.Entrypoint, out var word); words++)
                control.Queue(Frame.Arg, word);
        }

        for (uint i = 0; i < command.CommandCount; i++, words++)
            control.Queue(Frame.Arg, command.Command(i));
        position = 0;
        if (command.CommandCount == 0 && !command.HasEntrypoint)
        {
            for (; records.Next(ref position, RecordType.Cmd, out var word); words++)
                control.Queue(Frame.Arg, word);
        }

        if (words == 0)
            Messages.Fail("the image names no program to run: give a command"u8);
    }
}
