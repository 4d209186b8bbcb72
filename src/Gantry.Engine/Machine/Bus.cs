namespace Gantry.Engine;

/// <summary>Everything outside RAM: finds the device behind a guest physical address.</summary>
public static unsafe class Bus
{
    /// <summary>Reads a device register.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="address">Guest physical address.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">Zero-extended result.</param>
    /// <returns>False: nothing answers there, an access fault.</returns>
    public static bool Read(Machine* machine, ulong address, int size, ulong* value)
    {
        *value = 0;
        return false;
    }

    /// <summary>Writes a device register.</summary>
    /// <returns>False: nothing answers there, an access fault.</returns>
    public static bool Write(Machine* machine, ulong address, int size, ulong value) => false;
}
