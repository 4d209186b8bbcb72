using System.Runtime.InteropServices;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Host;

/// <summary>The module's exports (docs/host-interface.md); on CoreCLR a host calls them directly.</summary>
public static unsafe class Exports
{
    // The one static of the engine: a host that restored a memory image has nothing else to find the machine by.
    private static Machine* current;

    /// <summary>Version of the interface.</summary>
    [WasmExport("gantry_interface_version")]
    public static uint InterfaceVersion() => HostInterface.Version;

    /// <summary>Zeroed memory that is never freed; 0 when there is none.</summary>
    [WasmExport("gantry_alloc")]
    public static nuint Alloc(nuint size) => (nuint)NativeMemory.AllocZeroed((size + 15) & ~(nuint)15);

    /// <summary>Makes a machine; 0 when memory is exhausted.</summary>
    /// <param name="config">Address of a <see cref="MachineConfig"/>.</param>
    [WasmExport("gantry_create")]
    public static nuint Create(nuint config)
    {
        current = MachineBuilder.Build((MachineConfig*)config);
        return (nuint)current;
    }

    /// <summary>Starts the loaded kernel; 1 when it was refused.</summary>
    [WasmExport("gantry_boot")]
    public static uint Boot(nuint machine) => Platform.Boot((Machine*)machine) ? 0u : 1u;

    /// <summary>Address of the mailbox.</summary>
    [WasmExport("gantry_mailbox")]
    public static nuint GetMailbox(nuint machine) => (nuint)((Machine*)machine)->Mailbox;

    /// <summary>The machine made last; 0: none.</summary>
    [WasmExport("gantry_machine")]
    public static nuint GetMachine() => (nuint)current;

    /// <summary>Runs a machine; returns a <see cref="RunReason"/>.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="budget">About how many instructions; negative: as many as were left of the run that came back with <see cref="RunReason.Module"/>, which goes on as if it had not.</param>
    [WasmExport("gantry_run")]
    public static uint Run(nuint machine, long budget) => (uint)MachineLoop.Run((Machine*)machine, budget);

    /// <summary>Zeroes what the machine can make again, so that a memory image taken now is small.</summary>
    [WasmExport("gantry_trim")]
    public static void Trim(nuint machine) => Processor.Trim((Machine*)machine);

    /// <summary>Translates guest code from now on, if the host can instantiate modules (docs/host-interface.md, "Modules made at run time").</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mode">A <see cref="TranslationMode"/>.</param>
    /// <param name="firstEntry">First entry of the table that the engine may use.</param>
    /// <returns>Address of the <see cref="ModuleMailbox"/>; 0: not here.</returns>
    [WasmExport("gantry_translate")]
    public static nuint Translate(nuint machine, uint mode, uint firstEntry) => (nuint)Processor.Translate((Machine*)machine, (TranslationMode)mode, firstEntry);

    /// <summary>The memory image was restored on another host: guest time goes on from where it stopped.</summary>
    [WasmExport("gantry_restored")]
    public static void Restored(nuint machine) => Clock.Restored((Machine*)machine);
}
