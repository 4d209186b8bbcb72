using System.Runtime.InteropServices;
using Gantry.Engine.Devices;
using Gantry.Engine.Host;
using Gantry.Engine.Memory;

namespace Gantry.Engine;

/// <summary>One virtual machine: everything hangs off this struct, which never moves.</summary>
public unsafe struct Machine
{
    /// <summary>Most virtio slots of a machine.</summary>
    public const uint MaxSlots = 20;

    private const uint MaxMessage = 256;

    /// <summary>RAM.</summary>
    public GuestMemory Memory;

    /// <summary>Guest time.</summary>
    public Clock Clock;

    /// <summary>What the host sees.</summary>
    public Mailbox* Mailbox;

    /// <summary>The processor: a Hart on RISC-V. Only <see cref="Processor"/> looks behind it.</summary>
    public void* Cpu;

    /// <summary>The run shall come back to the host soon: see <see cref="Processor.Stop"/>.</summary>
    public uint StopRequested;

    /// <summary>Count of instructions at which the run ends.</summary>
    public ulong RunEnd;

    /// <summary>What is left of the budget of a run that came back for a module of translated code; 0: no such run.</summary>
    public long BudgetLeft;

    /// <summary>Number of virtio slots in use.</summary>
    public uint SlotCount;

    /// <summary>The virtio devices, one a slot.</summary>
    public VirtioDevice* Slots;

    /// <summary>The engine's side of the request slots.</summary>
    public RequestContext* Requests;

    /// <summary>The interrupt controller.</summary>
    public Plic.State* Plic;

    /// <summary>The UART.</summary>
    public Uart.State Uart;

    /// <summary>Deterministic entropy: generator's state.</summary>
    public ulong EntropySeed;

    /// <summary>Deterministic entropy: bytes not given out yet.</summary>
    public ulong EntropyWord;

    /// <summary>Deterministic entropy: bytes given out.</summary>
    public ulong EntropyLeft;

    /// <summary>Kernel command line, zero-terminated.</summary>
    public byte* CommandLine;

    /// <summary>Bytes of the kernel file.</summary>
    public ulong KernelSize;

    /// <summary>Bytes of the initrd.</summary>
    public ulong InitrdSize;

    /// <summary>Tick at which the guest went idle, 0 when it is not.</summary>
    public ulong IdleSince;

    private byte* message;

    /// <summary>Allocates the parts every machine has.</summary>
    public static Machine* Allocate()
    {
        var machine = (Machine*)NativeMemory.AllocZeroed((nuint)sizeof(Machine));
        if (machine == null)
            return null;
        machine->Mailbox = (Mailbox*)NativeMemory.AllocZeroed((nuint)sizeof(Mailbox));
        machine->Mailbox->Magic = HostInterface.MailboxMagic;
        machine->Mailbox->Version = HostInterface.Version;
        machine->message = (byte*)NativeMemory.AllocZeroed(MaxMessage);
        machine->Slots = (VirtioDevice*)NativeMemory.AllocZeroed(MaxSlots, (nuint)sizeof(VirtioDevice));
        return machine;
    }

    /// <summary>Stops the machine for good. The first reason stands.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="kind">How it ends.</param>
    /// <param name="code">The guest's reason code.</param>
    /// <param name="text">What the host may show.</param>
    public static void Halt(Machine* machine, HaltKind kind, uint code, ReadOnlySpan<byte> text)
    {
        var mailbox = machine->Mailbox;
        if (mailbox->HaltKind != (uint)HaltKind.Running)
            return;
        mailbox->HaltKind = (uint)kind;
        mailbox->HaltCode = code;
        var length = Math.Min((uint)text.Length, MaxMessage);
        fixed (byte* bytes = text)
            Buffer.MemoryCopy(bytes, machine->message, MaxMessage, length);
        mailbox->HaltMessage = (nuint)machine->message;
        mailbox->HaltMessageLength = length;
        Processor.Stop(machine);
    }

    /// <summary>The next free virtio slot; the caller has checked that there is one.</summary>
    public static VirtioDevice* AddSlot(Machine* machine)
    {
        var device = machine->Slots + machine->SlotCount;
        machine->SlotCount++;
        // Line 0 means "none" to interrupt controllers.
        device->Line = machine->SlotCount;
        return device;
    }
}
