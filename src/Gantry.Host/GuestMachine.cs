using Gantry.Engine.Host;
using Gantry.Host.Engines;

namespace Gantry.Host;

/// <summary>A machine whose first process is Gantry's init: starts a process in it and hands back its exit status.</summary>
public sealed class GuestMachine : IDisposable
{
    private static readonly string[] StandardPorts = [GuestControl.PortName, "gantry.stdin", "gantry.stdout", "gantry.stderr"];

    private readonly MachineHost host;

    /// <summary>Makes the machine; <paramref name="options"/> need no ports, the standard ones are added.</summary>
    public GuestMachine(IEngine engine, MachineOptions options)
    {
        host = new MachineHost(engine, options with { Ports = [.. StandardPorts, .. options.Ports] });
        Control = new GuestControl(host.Port(GuestControl.PortName)) { Seed = options.Deterministic ? options.Seed : null };
    }

    /// <summary>The machine.</summary>
    public MachineHost Host => host;

    /// <summary>Its control port.</summary>
    public GuestControl Control { get; }

    /// <summary>The process's standard input when it has no terminal.</summary>
    public HostPort Input => host.Port("gantry.stdin");

    /// <summary>The process's standard output when it has no terminal.</summary>
    public HostPort Output => host.Port("gantry.stdout");

    /// <summary>The process's standard error when it has no terminal.</summary>
    public HostPort Error => host.Port("gantry.stderr");

    /// <summary>Boots, runs the process to its end and powers off.</summary>
    /// <returns>The process's exit status.</returns>
    /// <exception cref="MachineException">The guest crashed or was cancelled; the message says which.</exception>
    public int Run(GuestProcess process, CancellationToken cancel = default)
    {
        Control.Ready = () => Control.Start(process);
        var halt = host.Run(cancel: cancel);
        if (Control.ExitStatus is { } status)
            return (int)status;
        if (halt == null)
            throw new MachineException("the run was cancelled");
        var reason = halt.Kind switch
        {
            HaltKind.PowerOff => "the guest powered off",
            HaltKind.Reset => halt.Code == 1 ? "the guest's kernel panicked" : "the guest asked for a reset",
            _ => "the machine failed",
        };
        throw new MachineException($"{reason} before the process ended{(halt.Message.Length > 0 ? ": " + halt.Message : "")}");
    }

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();
}
