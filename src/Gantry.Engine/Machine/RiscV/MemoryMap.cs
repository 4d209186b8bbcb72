namespace Gantry.Engine.RiscV;

/// <summary>Guest physical addresses of the RISC-V machine (docs/machine.md).</summary>
public static class MemoryMap
{
    /// <summary>Interrupt controller.</summary>
    public const ulong Plic = 0x0C000000;

    /// <summary>UART.</summary>
    public const ulong Uart = 0x10000000;

    /// <summary>First virtio-mmio slot.</summary>
    public const ulong Virtio = 0x10001000;

    /// <summary>RAM.</summary>
    public const ulong Ram = 0x80000000;

    /// <summary>The kernel goes this far into RAM.</summary>
    public const ulong KernelOffset = 0x200000;

    /// <summary>Interrupt line of the UART; virtio slot n has line n + 1.</summary>
    public const uint UartLine = 24;
}
