using Gantry.Engine.Host;
using Gantry.Engine.Jit;

namespace Gantry.Host.Engines;

/// <summary>The engine as ordinary C# in this process: addresses are pointers.</summary>
/// <remarks>Memory of the machine is never freed (the engine has no way to), so a process should make few of them.</remarks>
public sealed unsafe class NativeEngine : IEngine
{
    /// <inheritdoc/>
    public ulong Allocate(ulong size)
    {
        var address = Exports.Alloc((nuint)size);
        return address != 0 ? address : throw new MachineException($"no memory left for {size} bytes");
    }

    /// <inheritdoc/>
    public ulong Create(ulong config)
    {
        var machine = Exports.Create((nuint)config);
        return machine != 0 ? machine : throw new MachineException("not enough memory for the machine");
    }

    /// <inheritdoc/>
    public bool Boot(ulong machine) => Exports.Boot((nuint)machine) == 0;

    /// <inheritdoc/>
    public ulong GetMachine() => Exports.GetMachine();

    /// <inheritdoc/>
    public ulong GetMailbox(ulong machine) => Exports.GetMailbox((nuint)machine);

    /// <inheritdoc/>
    public uint Run(ulong machine, long budget) => Exports.Run((nuint)machine, budget);

    /// <inheritdoc/>
    public void Restored(ulong machine) => Exports.Restored((nuint)machine);

    /// <inheritdoc/>
    public void Translate(ulong machine, TranslationMode mode)
    {
        // The interpreter is all there is on CoreCLR.
    }

    /// <inheritdoc/>
    public void Trim(ulong machine) => Exports.Trim((nuint)machine);

    /// <inheritdoc/>
    public byte* Pointer(ulong address, ulong length) => (byte*)(nuint)address;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
