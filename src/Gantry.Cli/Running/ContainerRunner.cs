using System.Runtime.InteropServices;
using Gantry.Cli.Boot;
using Gantry.Converter.Format;
using Gantry.Converter.Snapshots;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Files;

namespace Gantry.Cli.Running;

/// <summary>Runs a module's container in this terminal, or between this process's pipes.</summary>
internal sealed class ContainerRunner : IDisposable
{
    private const int StatusOfInterrupt = 130;
    private const int InterruptsToGiveUp = 3;
    private const uint SignalPipe = 13;
    private readonly RunOptions options;
    private readonly ModuleDisk disk;
    private readonly List<IFileServer> folders = [];
    private readonly Terminal? terminal;
    private readonly MachineHost host;
    private readonly GuestControl control;
    private readonly GuestProcess process;
    private readonly List<PosixSignalRegistration> signals = [];
    private int interrupts;

    /// <summary>Makes everything ready.</summary>
    public ContainerRunner(OutModule module, RunOptions options)
    {
        this.options = options;
        disk = new ModuleDisk(module);
        foreach (var volume in options.Volumes)
        {
            var folder = new FolderServer(volume.Host);
            folders.Add(volume.ReadOnly ? new ReadOnlyFolder(folder) : folder);
        }

        terminal = options.NoInput ? null : Terminal.TryOpen();
        try
        {
            (ushort Columns, ushort Rows)? window = terminal?.Size ?? (options.ForceTerminal ? ((ushort)80, (ushort)24) : null);
            process = ContainerProcess.Of(module.Index.Container, options, window);
            host = ModuleMachine.Start(module, disk, folders, window ?? (80, 24), options.Interpret ? TranslationMode.Off : TranslationMode.Hot);
            control = new GuestControl(host.Port(Converter.StandardMachine.ControlPort));
            Connect(window != null);
            // A snapshot's guest has said READY already.
            if (module.Index.Snapshot != null) control.Start(process);
            else control.Ready = () => control.Start(process);
        }
        catch
        {
            terminal?.Dispose();
            throw;
        }
    }

    /// <summary>Runs to the end; the process's exit status.</summary>
    /// <exception cref="MachineException">The guest ended without one.</exception>
    public int Run()
    {
        Halt? halt;
        try
        {
            halt = host.Run(until: () => interrupts >= InterruptsToGiveUp);
        }
        finally
        {
            terminal?.Dispose();
        }

        foreach (var message in control.Errors) Console.Error.WriteLine($"gantry: {message}");
        if (options.Verbose) Console.Error.WriteLine($"gantry: {host.Instructions / 1e6:F1} million instructions");
        if (control.ExitStatus is { } status) return (int)status;
        if (interrupts >= InterruptsToGiveUp) return StatusOfInterrupt;
        throw new MachineException($"the guest ended before its process did: {(halt?.Message is { Length: > 0 } message2 ? message2 : halt?.Kind.ToString())}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in signals) signal.Dispose();
        terminal?.Dispose();
        host.Dispose();
        foreach (var folder in folders) folder.Dispose();
        disk.Dispose();
    }

    private void Connect(bool isTerminal)
    {
        var output = new Sink(Console.OpenStandardOutput(), () => control.Signal(SignalPipe));
        var errors = new Sink(Console.OpenStandardError(), () => control.Signal(SignalPipe));
        if (options.Verbose)
        {
            host.UartOutput = errors.Write;
            host.LogOutput = errors.Write;
        }

        var input = isTerminal ? host.Console : host.Port("gantry.stdin");
        if (isTerminal)
            host.Console.Output = output.Write;
        else
        {
            host.Port("gantry.stdout").Output = output.Write;
            host.Port("gantry.stderr").Output = errors.Write;
        }

        if (terminal != null)
        {
            terminal.Resized = size =>
            {
                host.Resize(size.Columns, size.Rows);
                control.Resize(size.Columns, size.Rows);
            };
        }

        Forward(PosixSignal.SIGINT, 2);
        Forward(PosixSignal.SIGTERM, 15);
        Forward(PosixSignal.SIGHUP, 1);
        Forward(PosixSignal.SIGQUIT, 3);
        if (options.NoInput) input.CloseInput();
        else StandardInput.CopyTo(input, close: !isTerminal);
    }

    private void Forward(PosixSignal signal, uint number) => signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (signal == PosixSignal.SIGINT) Interlocked.Increment(ref interrupts);
        control.Signal(number);
    }));

    /// <summary>A stream whose reader may go away.</summary>
    private sealed class Sink(Stream stream, Action broken)
    {
        private bool isBroken;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (isBroken) return;
            try
            {
                stream.Write(bytes);
                stream.Flush();
            }
            catch (IOException)
            {
                isBroken = true;
                broken();
            }
        }
    }
}
