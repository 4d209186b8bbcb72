namespace Gantry.Engine.Devices;

/// <summary>Device types (virtio 1.2, section 5).</summary>
public enum VirtioKind : uint
{
    /// <summary>Nothing in this slot.</summary>
    None = 0,

    /// <summary>Network card, 5.1.</summary>
    Network = 1,

    /// <summary>Block device, 5.2.</summary>
    Block = 2,

    /// <summary>Console, 5.3.</summary>
    Console = 3,

    /// <summary>Entropy device, 5.4.</summary>
    Entropy = 4,

    /// <summary>9P transport.</summary>
    NineP = 9,
}

/// <summary>What every virtio device has, whatever carries it: features, status, queues. The transport is <see cref="VirtioMmio"/>.</summary>
public unsafe struct VirtioDevice
{
    /// <summary>Status bit: the driver is ready (2.1).</summary>
    public const uint DriverOk = 4;

    /// <summary>Status bit: features are negotiated.</summary>
    public const uint FeaturesOk = 8;

    /// <summary>Status bit: the device has met an error it cannot recover from.</summary>
    public const uint NeedsReset = 64;

    /// <summary>Status bit: the driver has given up.</summary>
    public const uint DriverFailed = 128;

    /// <summary>Feature: indirect descriptors (6, bit 28).</summary>
    public const ulong FeatureIndirect = 1UL << 28;

    /// <summary>Feature: compliant to virtio 1 (6, bit 32).</summary>
    public const ulong FeatureVersion1 = 1UL << 32;

    /// <summary>The machine it is part of.</summary>
    public Machine* Machine;

    /// <summary>Which device.</summary>
    public VirtioKind Kind;

    /// <summary>Interrupt line of the slot.</summary>
    public uint Line;

    /// <summary>Features offered.</summary>
    public ulong Features;

    /// <summary>Features the driver accepted.</summary>
    public ulong DriverFeatures;

    /// <summary>Device status field (2.1).</summary>
    public uint Status;

    /// <summary>Bit 0: a used buffer; bit 1: configuration change.</summary>
    public uint InterruptStatus;

    /// <summary>Grows with each change of the configuration space.</summary>
    public uint ConfigGeneration;

    /// <summary>Transport: which 32 bits of the offered features are shown.</summary>
    public uint DeviceFeaturesSelect;

    /// <summary>Transport: which 32 bits of the driver's features are written.</summary>
    public uint DriverFeaturesSelect;

    /// <summary>Transport: the queue the queue registers speak of.</summary>
    public uint QueueSelect;

    /// <summary>Number of queues.</summary>
    public uint QueueCount;

    /// <summary>The queues.</summary>
    public VirtQueue* Queues;

    /// <summary>The device's own state.</summary>
    public void* State;

    /// <summary>Scratch for chains that are served at once.</summary>
    public DescriptorChain Chain;

    /// <summary>Whether queues may be looked at.</summary>
    public readonly bool IsRunning => (Status & (DriverOk | NeedsReset)) == DriverOk;

    /// <summary>Gives memory to the queues and the scratch chain.</summary>
    public void Allocate(Machine* machine, VirtioKind kind, uint queueCount, uint queueSize, ulong features)
    {
        Machine = machine;
        Kind = kind;
        QueueCount = queueCount;
        Features = features | FeatureVersion1 | FeatureIndirect;
        Queues = (VirtQueue*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(queueCount, (nuint)sizeof(VirtQueue));
        for (var i = 0u; i < queueCount; i++)
            Queues[i].MaxSize = queueSize;
        Chain.Allocate();
    }

    /// <summary>Back to the state after power-on (2.1: the driver wrote 0 to the status).</summary>
    public static void Reset(VirtioDevice* device)
    {
        device->Status = 0;
        device->InterruptStatus = 0;
        device->DriverFeatures = 0;
        device->DeviceFeaturesSelect = 0;
        device->DriverFeaturesSelect = 0;
        device->QueueSelect = 0;
        for (var i = 0u; i < device->QueueCount; i++)
            device->Queues[i].Reset();
        VirtioDispatch.Reset(device);
        Interrupts.Set(device->Machine, device->Line, false);
    }

    /// <summary>The driver broke the rules: say so and stop until it resets the device (2.1.2). Nothing else is harmed.</summary>
    /// <param name="device">The device.</param>
    /// <param name="message">What was wrong.</param>
    public static void Fail(VirtioDevice* device, ReadOnlySpan<byte> message)
    {
        if ((device->Status & NeedsReset) != 0)
            return;
        Log.Write(device->Machine, message, (uint)device->Kind);
        device->Status |= NeedsReset;
        if ((device->Status & DriverOk) != 0)
            Raise(device, 2);
    }

    /// <summary>Sets interrupt status bits and the line.</summary>
    public static void Raise(VirtioDevice* device, uint bits)
    {
        device->InterruptStatus |= bits;
        Interrupts.Set(device->Machine, device->Line, true);
    }

    /// <summary>The configuration space changed.</summary>
    public static void ConfigChanged(VirtioDevice* device)
    {
        device->ConfigGeneration++;
        if ((device->Status & DriverOk) != 0)
            Raise(device, 2);
    }

    /// <summary>
    /// Reads the next available chain into <paramref name="chain"/> without taking it; false when there is none or the driver broke
    /// the rules.
    /// </summary>
    public static bool Peek(VirtioDevice* device, uint queue, DescriptorChain* chain)
    {
        if (!device->IsRunning || device->Queues[queue].Ready == 0)
            return false;
        var result = device->Queues[queue].Peek(&device->Machine->Memory, (device->DriverFeatures & FeatureIndirect) != 0, chain);
        if (result == QueueResult.Malformed)
            Fail(device, "virtio: malformed descriptor chain, device needs reset; kind "u8);
        return result == QueueResult.Chain;
    }

    /// <summary>Takes the chain that <see cref="Peek"/> showed.</summary>
    public static void Take(VirtioDevice* device, uint queue) => device->Queues[queue].LastAvailable++;

    /// <summary>Gives a chain back to the driver, with the bytes written into it, and interrupts it unless it asked not to be.</summary>
    public static void Return(VirtioDevice* device, uint queue, ushort head, uint written)
    {
        if (!device->IsRunning || device->Queues[queue].Ready == 0)
            return;
        if (device->Queues[queue].Push(&device->Machine->Memory, head, written))
            Raise(device, 1);
    }
}
