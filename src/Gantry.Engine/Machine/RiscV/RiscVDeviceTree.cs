using System.Runtime.InteropServices;
using Gantry.Engine.Devices;

namespace Gantry.Engine.RiscV;

/// <summary>The device tree that tells the kernel what this machine has.</summary>
public static unsafe class RiscVDeviceTree
{
    /// <summary>Room for the tree.</summary>
    public const uint MaxSize = 0x10000;

    private const uint StringsSize = 1024;
    private const uint SeedSize = 32;
    private const uint CpuInterruptHandle = 1;
    private const uint PlicHandle = 2;
    private const uint SupervisorExternalInterrupt = 9;
    private const uint UartClock = 3686400;

    /// <summary>Writes the tree; returns its size, 0 when it does not fit.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="target">Where to; <see cref="MaxSize"/> bytes.</param>
    /// <param name="initrd">Guest address of the initrd.</param>
    public static uint Write(Machine* machine, byte* target, ulong initrd)
    {
        DeviceTreeWriter tree = default;
        tree.Start(target, MaxSize, (byte*)NativeMemory.AllocZeroed(StringsSize), StringsSize);
        tree.BeginNode(""u8);
        tree.Property("#address-cells"u8, 2);
        tree.Property("#size-cells"u8, 2);
        tree.PropertyText("compatible"u8, "riscv-virtio"u8);
        tree.PropertyText("model"u8, "gantry,riscv64"u8);
        WriteChosen(machine, &tree, initrd);
        WriteCpu(&tree);
        tree.BeginNode("memory"u8, machine->Memory.Start);
        tree.PropertyText("device_type"u8, "memory"u8);
        tree.PropertyWide("reg"u8, machine->Memory.Start, machine->Memory.Size);
        tree.EndNode();
        WriteSoc(machine, &tree);
        tree.EndNode();
        return tree.Finish();
    }

    private static void WriteChosen(Machine* machine, DeviceTreeWriter* tree, ulong initrd)
    {
        tree->BeginNode("chosen"u8);
        var length = 0;
        while (machine->CommandLine[length] != 0)
            length++;
        tree->PropertyText("bootargs"u8, new ReadOnlySpan<byte>(machine->CommandLine, length));
        tree->PropertyText("stdout-path"u8, "/soc/serial@10000000"u8);
        if (machine->InitrdSize != 0)
        {
            tree->PropertyWide("linux,initrd-start"u8, initrd);
            tree->PropertyWide("linux,initrd-end"u8, initrd + machine->InitrdSize);
        }

        var seed = stackalloc byte[(int)SeedSize];
        if (Entropy.Fill(machine, seed, SeedSize))
            tree->PropertyBytes("rng-seed"u8, new ReadOnlySpan<byte>(seed, (int)SeedSize));
        tree->EndNode();
    }

    private static void WriteCpu(DeviceTreeWriter* tree)
    {
        tree->BeginNode("cpus"u8);
        tree->Property("#address-cells"u8, 1);
        tree->Property("#size-cells"u8, 0);
        tree->Property("timebase-frequency"u8, Clock.Frequency);
        tree->BeginNode("cpu"u8, 0);
        tree->PropertyText("device_type"u8, "cpu"u8);
        tree->Property("reg"u8, 0);
        tree->PropertyText("status"u8, "okay"u8);
        tree->PropertyText("compatible"u8, "riscv"u8);
        tree->PropertyText("riscv,isa"u8, RiscVPlatform.Isa);
        tree->PropertyText("mmu-type"u8, "riscv,sv48"u8);
        tree->Property("riscv,cboz-block-size"u8, 64);
        tree->Property("riscv,cbom-block-size"u8, 64);
        tree->BeginNode("interrupt-controller"u8);
        tree->Property("#interrupt-cells"u8, 1);
        tree->Property("#address-cells"u8, 0);
        tree->Property("interrupt-controller"u8);
        tree->PropertyText("compatible"u8, "riscv,cpu-intc"u8);
        tree->Property("phandle"u8, CpuInterruptHandle);
        tree->EndNode();
        tree->EndNode();
        tree->EndNode();
    }

    private static void WriteSoc(Machine* machine, DeviceTreeWriter* tree)
    {
        tree->BeginNode("soc"u8);
        tree->Property("#address-cells"u8, 2);
        tree->Property("#size-cells"u8, 2);
        tree->PropertyText("compatible"u8, "simple-bus"u8);
        tree->Property("ranges"u8);

        tree->BeginNode("interrupt-controller"u8, MemoryMap.Plic);
        tree->PropertyText("compatible"u8, "sifive,plic-1.0.0"u8);
        tree->PropertyWide("reg"u8, MemoryMap.Plic, Plic.Size);
        tree->Property("#interrupt-cells"u8, 1);
        tree->Property("#address-cells"u8, 0);
        tree->Property("interrupt-controller"u8);
        tree->Property("interrupts-extended"u8, CpuInterruptHandle, SupervisorExternalInterrupt);
        tree->Property("riscv,ndev"u8, Plic.Sources - 1);
        tree->Property("phandle"u8, PlicHandle);
        tree->EndNode();

        tree->BeginNode("serial"u8, MemoryMap.Uart);
        tree->PropertyText("compatible"u8, "ns16550a"u8);
        tree->PropertyWide("reg"u8, MemoryMap.Uart, Uart.Size);
        tree->Property("clock-frequency"u8, UartClock);
        tree->Property("interrupt-parent"u8, PlicHandle);
        tree->Property("interrupts"u8, MemoryMap.UartLine);
        tree->EndNode();

        for (var i = 0u; i < machine->SlotCount; i++)
        {
            var address = MemoryMap.Virtio + (i * (ulong)VirtioMmio.Size);
            tree->BeginNode("virtio_mmio"u8, address);
            tree->PropertyText("compatible"u8, "virtio,mmio"u8);
            tree->PropertyWide("reg"u8, address, VirtioMmio.Size);
            tree->Property("interrupt-parent"u8, PlicHandle);
            tree->Property("interrupts"u8, machine->Slots[i].Line);
            tree->EndNode();
        }

        tree->EndNode();
    }
}
