using Gantry.Engine.Devices;
using Gantry.Engine.RiscV;

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
        if ((address & (ulong)(size - 1)) != 0)
            return false;
        var offset = address - MemoryMap.Virtio;
        if (offset < machine->SlotCount * (ulong)VirtioMmio.Size)
        {
            *value = VirtioMmio.Read(machine->Slots + (offset / VirtioMmio.Size), (uint)offset % VirtioMmio.Size, size);
            return true;
        }

        offset = address - MemoryMap.Plic;
        if (offset < Plic.Size)
        {
            *value = size == 4 ? Plic.Read(machine, (uint)offset) : 0;
            return size == 4;
        }

        offset = address - MemoryMap.Uart;
        if (offset < Uart.Size)
        {
            *value = Uart.Read(machine, (uint)offset);
            return true;
        }

        return false;
    }

    /// <summary>Writes a device register.</summary>
    /// <returns>False: nothing answers there, an access fault.</returns>
    public static bool Write(Machine* machine, ulong address, int size, ulong value)
    {
        if ((address & (ulong)(size - 1)) != 0)
            return false;
        var offset = address - MemoryMap.Virtio;
        if (offset < machine->SlotCount * (ulong)VirtioMmio.Size)
        {
            VirtioMmio.Write(machine->Slots + (offset / VirtioMmio.Size), (uint)offset % VirtioMmio.Size, size, value);
            return true;
        }

        offset = address - MemoryMap.Plic;
        if (offset < Plic.Size)
        {
            if (size == 4)
                Plic.Write(machine, (uint)offset, (uint)value);
            return size == 4;
        }

        offset = address - MemoryMap.Uart;
        if (offset < Uart.Size)
        {
            Uart.Write(machine, (uint)offset, (byte)value);
            return true;
        }

        return false;
    }
}
