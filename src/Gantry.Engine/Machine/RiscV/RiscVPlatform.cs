using Gantry.Engine.Devices;
using Gantry.Engine.Host;

namespace Gantry.Engine.RiscV;

/// <summary>The RISC-V machine: where RAM, kernel, initrd and device tree lie, and how the kernel is entered.</summary>
public static unsafe class RiscVPlatform
{
    // Documentation/riscv/boot-image-header.rst of Linux.
    private const uint HeaderSize = 64;
    private const uint TextOffsetField = 8;
    private const uint ImageSizeField = 16;
    private const uint Magic2Field = 56;
    private const uint Magic2 = 0x05435352;
    private const ulong Page = 4096;

    /// <summary>What the device tree says of the instruction set.</summary>
    public static ReadOnlySpan<byte> Isa => "rv64imafdc_zicbom_zicboz_zicsr_zifencei_zba_zbb_zbs_sstc"u8;

    /// <summary>RAM, hart, interrupt controller; false when memory is exhausted.</summary>
    public static bool Create(Machine* machine, ulong ramSize)
    {
        machine->Memory.Allocate(MemoryMap.Ram, ramSize);
        if (machine->Memory.Base == null)
            return false;
        Plic.Create(machine);
        machine->Uart.Line = MemoryMap.UartLine;
        if (!Processor.Create(machine))
            return false;
        if (!Place(machine))
            return true;
        var mailbox = machine->Mailbox;
        mailbox->KernelBuffer = (nuint)(machine->Memory.Base + (nuint)MemoryMap.KernelOffset);
        mailbox->InitrdBuffer = (nuint)(machine->Memory.Base + (nuint)(InitrdAddress(machine) - MemoryMap.Ram));
        return true;
    }

    /// <summary>Checks the kernel's header, writes the device tree, sets the hart; false when the machine was halted.</summary>
    public static bool Boot(Machine* machine)
    {
        var mailbox = machine->Mailbox;
        if (mailbox->HaltKind != (uint)HaltKind.Running)
            return false;
        var kernel = (byte*)(nuint)mailbox->KernelBuffer;
        if (machine->KernelSize < HeaderSize || *(uint*)(kernel + Magic2Field) != Magic2)
            return Refuse(machine, "the kernel is not a RISC-V Linux Image"u8);
        if (*(ulong*)(kernel + TextOffsetField) != MemoryMap.KernelOffset)
            return Refuse(machine, "the kernel's header asks for a load offset other than 2 MiB"u8);
        // image_size counts .bss, which must be free of the initrd and the device tree.
        var imageSize = *(ulong*)(kernel + ImageSizeField);
        if (imageSize > InitrdAddress(machine) - MemoryMap.Ram - MemoryMap.KernelOffset)
            return Refuse(machine, "the kernel does not fit into RAM beside the initrd"u8);
        var tree = TreeAddress(machine);
        if (RiscVDeviceTree.Write(machine, machine->Memory.Base + (nuint)(tree - MemoryMap.Ram), InitrdAddress(machine)) == 0)
            return Refuse(machine, "the device tree does not fit"u8);
        Processor.Start(machine, MemoryMap.Ram + MemoryMap.KernelOffset, tree);
        return true;
    }

    // From the top of RAM: device tree, below it the initrd.
    private static ulong TreeAddress(Machine* machine) =>
        (machine->Memory.Start + machine->Memory.Size - RiscVDeviceTree.MaxSize) & ~(ulong)(RiscVDeviceTree.MaxSize - 1);

    private static ulong InitrdAddress(Machine* machine) => (TreeAddress(machine) - machine->InitrdSize) & ~(Page - 1);

    private static bool Place(Machine* machine)
    {
        var room = TreeAddress(machine) - MemoryMap.Ram - MemoryMap.KernelOffset - Page;
        if (machine->KernelSize > room || machine->InitrdSize > room - machine->KernelSize)
            return Refuse(machine, "kernel and initrd do not fit into RAM"u8);
        return true;
    }

    private static bool Refuse(Machine* machine, ReadOnlySpan<byte> reason)
    {
        Machine.Halt(machine, HaltKind.Failed, 0, reason);
        return false;
    }
}
