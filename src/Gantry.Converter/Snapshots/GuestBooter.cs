using System.Text;
using Gantry.Converter.Format;
using Gantry.Engine.Host;
using Gantry.Host;
using Gantry.Host.Engines;
using Gantry.Host.Files;

namespace Gantry.Converter.Snapshots;

/// <summary>A booted guest's memory.</summary>
/// <param name="Memory">What is not zero.</param>
/// <param name="MemoryBytes">Length of the linear memory in bytes.</param>
/// <param name="Instructions">Guest instructions it took.</param>
public sealed record Snapshot(IReadOnlyList<MemorySegment> Memory, ulong MemoryBytes, ulong Instructions);

/// <summary>Boots the standard machine in the compiled engine up to the point before the container's process (docs/guest.md, READY).</summary>
public static class GuestBooter
{
    private const int KeptKernelOutput = 4096;

    /// <summary>Boots and takes the snapshot.</summary>
    /// <param name="engineWasm">The engine module.</param>
    /// <param name="options">The standard machine's options with the root file system as first disk.</param>
    /// <param name="limit">Guest instructions after which the boot counts as hanging.</param>
    /// <param name="cancellation">Ends the boot.</param>
    /// <exception cref="ConverterException">The guest did not come up.</exception>
    public static Snapshot Boot(byte[] engineWasm, MachineOptions options, ulong limit, CancellationToken cancellation)
    {
        using var engine = new WasmEngine(engineWasm, Path.Combine(Assets.CacheFolder, "engine"));
        // A runtime may have the initial memory's contents in a file that is mapped: that part is looked at in any case.
        var initial = engine.MemoryLength;
        var kernelOutput = new StringBuilder();
        try
        {
            using var host = new MachineHost(engine, options);
            host.UartOutput = bytes => Keep(kernelOutput, bytes);
            host.LogOutput = bytes => Keep(kernelOutput, bytes);
            var control = new GuestControl(host.Port(StandardMachine.ControlPort));
            var halt = host.Run(until: () => IsSnapshotPoint(host, control) || host.Instructions > limit, cancel: cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (halt != null || !IsSnapshotPoint(host, control))
                throw new ConverterException($"the guest did not come up: {Why(halt, control, kernelOutput)}");
            host.Trim();
            return Take(engine, initial, host.Instructions);
        }
        catch (Exception exception) when (exception is MachineException or Wasmtime.WasmtimeException)
        {
            throw new ConverterException($"the guest did not come up: {exception.Message}", exception);
        }
    }

    /// <summary>The options of the standard machine.</summary>
    public static MachineOptions MachineOptions(ulong memory, byte[] kernel, byte[] initrd, IDisk disk, IReadOnlyList<Mount> mounts) => new()
    {
        MemorySize = memory,
        Kernel = kernel,
        Initrd = initrd,
        CommandLine = StandardMachine.CommandLine,
        Disks = [disk],
        Mounts = mounts,
        Ports = StandardMachine.Ports,
        Mac = [.. StandardMachine.Mac],
    };

    /// <summary>Mounts that hold the places of folders which are only known when the module runs.</summary>
    public static IReadOnlyList<Mount> PlaceholderMounts => [.. StandardMachine.Mounts.Select(tag => new Mount(tag, new NoFolder()))];

    private static bool IsSnapshotPoint(MachineHost host, GuestControl control) =>
        control.IsReady && host.State.Reason == (uint)RunReason.Idle && host.State.RequestsInFlight == 0;

    private static unsafe Snapshot Take(WasmEngine engine, ulong initial, ulong instructions)
    {
        var length = engine.MemoryLength;
        return new Snapshot(MemoryImage.Split(engine.Pointer(0, length), length, initial), length, instructions);
    }

    private static void Keep(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        text.Append(Encoding.UTF8.GetString(bytes));
        if (text.Length > KeptKernelOutput) text.Remove(0, text.Length - KeptKernelOutput);
    }

    private static string Why(Halt? halt, GuestControl control, StringBuilder kernelOutput)
    {
        if (control.Errors.Count != 0) return control.Errors[^1];
        var last = kernelOutput.ToString().Trim();
        var reason = halt == null ? "it does nothing any more" : halt.Message.Length != 0 ? halt.Message : $"{halt.Kind}";
        return last.Length == 0 ? reason : $"{reason}; its last words:{Environment.NewLine}{last}";
    }
}
