namespace Gantry.Engine.Host;

/// <summary>The module's exports (docs/host-interface.md); on CoreCLR a host calls them directly.</summary>
public static unsafe class Exports
{
    /// <summary>Makes a machine; 0 when memory is exhausted.</summary>
    public static nuint Create(nuint config) => 0;

    /// <summary>Starts the loaded kernel.</summary>
    public static uint Boot(nuint machine) => 1;

    /// <summary>Runs about <paramref name="budget"/> instructions; returns a <see cref="RunReason"/>.</summary>
    public static uint Run(nuint machine, long budget) => (uint)RunReason.Halted;
}
