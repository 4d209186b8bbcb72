using System.Runtime.CompilerServices;

namespace Gantry.Engine.Wasi;

/// <summary>The data segments that the converter put into the module (docs/out-wasm.md).</summary>
internal static unsafe class ModuleData
{
    public const uint Config = 0;
    public const uint Kernel = 1;
    public const uint Initrd = 2;
    public const uint Disk = 3;

    /// <summary>
    /// Copies a range of a segment into memory. Only a stand-in: the converter replaces this function's body by <c>memory.init</c>, so it must
    /// never be inlined.
    /// </summary>
    /// <returns><paramref name="length"/>, or -1 when there is no such segment.</returns>
    [WasmExport("gantry_module_data")]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Copy(uint segment, byte* destination, ulong offset, uint length) => -1;
}
