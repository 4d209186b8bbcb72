using System.Text;
using Gantry.Engine.Jit;
using Gantry.Host;
using Gantry.Host.Engines;

namespace Gantry.Bench.Machine.Columns;

/// <summary>The engine driven by this process.</summary>
/// <param name="name">Heading.</param>
/// <param name="make">Makes the engine.</param>
/// <param name="translation">What it translates.</param>
internal sealed class EngineColumn(string name, Func<Inputs, IEngine> make, TranslationMode translation) : IColumn
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public void Run(Inputs inputs, Result result)
    {
        using var cancel = new CancellationTokenSource(inputs.Timeout);
        using var engine = make(inputs);
        result.StartBoot();
        using var host = new MachineHost(engine, new MachineOptions
        {
            MemorySize = inputs.MemorySize,
            Kernel = File.ReadAllBytes(inputs.Kernel),
            Initrd = File.ReadAllBytes(inputs.Initrd),
            CommandLine = inputs.CommandLine,
            Translation = translation,
        });
        host.UartOutput = bytes => result.Take(Encoding.UTF8.GetString(bytes));
        host.LogOutput = bytes => result.Take(Encoding.UTF8.GetString(bytes));
        // Short slices up to the first process, so that its time and instructions are known to a per cent.
        host.SliceInstructions = 200_000;
        var halt = host.Run(() => result.BootSeconds != null, cancel.Token);
        result.BootInstructions = host.Instructions;
        host.SliceInstructions = 20_000_000;
        halt ??= host.Run(null, cancel.Token);
        if (halt == null)
            throw new TimeoutException("the machine did not power off in time");
        if (halt.Kind != Engine.Host.HaltKind.PowerOff)
            throw new MachineException($"the machine stopped: {halt.Kind} {halt.Message}");
    }
}
