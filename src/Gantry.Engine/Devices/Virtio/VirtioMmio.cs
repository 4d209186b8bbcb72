namespace Gantry.Engine.Devices;

/// <summary>The memory-mapped transport, modern (virtio 1.2, section 4.2): registers in front of a <see cref="VirtioDevice"/>.</summary>
public static unsafe class VirtioMmio
{
    /// <summary>Bytes of one slot.</summary>
    public const uint Size = 0x1000;

    private const uint Magic = 0x74726976;
    private const uint Version = 2;
    private const uint Vendor = 0x4E544E47;
    private const uint ConfigOffset = 0x100;

    // Table 4.1.
    private const uint MagicValue = 0x000;
    private const uint VersionRegister = 0x004;
    private const uint DeviceId = 0x008;
    private const uint VendorId = 0x00C;
    private const uint DeviceFeatures = 0x010;
    private const uint DeviceFeaturesSel = 0x014;
    private const uint DriverFeatures = 0x020;
    private const uint DriverFeaturesSel = 0x024;
    private const uint QueueSel = 0x030;
    private const uint QueueNumMax = 0x034;
    private const uint QueueNum = 0x038;
    private const uint QueueReady = 0x044;
    private const uint QueueNotify = 0x050;
    private const uint InterruptStatus = 0x060;
    private const uint InterruptAck = 0x064;
    private const uint Status = 0x070;
    private const uint QueueDescLow = 0x080;
    private const uint QueueDescHigh = 0x084;
    private const uint QueueDriverLow = 0x090;
    private const uint QueueDriverHigh = 0x094;
    private const uint QueueDeviceLow = 0x0A0;
    private const uint QueueDeviceHigh = 0x0A4;
    private const uint ConfigGeneration = 0x0FC;

    /// <summary>Reads a register or a part of the configuration space.</summary>
    public static ulong Read(VirtioDevice* device, uint offset, int size)
    {
        if (offset >= ConfigOffset)
        {
            ulong value = 0;
            for (var i = 0; i < size; i++)
                value |= (ulong)VirtioDispatch.ReadConfig(device, offset - ConfigOffset + (uint)i) << (8 * i);
            return value;
        }

        // 4.2.2.2: registers are read and written 32 bits at a time.
        if (size != 4)
            return 0;
        var queue = device->QueueSelect < device->QueueCount ? device->Queues + device->QueueSelect : null;
        return offset switch
        {
            MagicValue => Magic,
            VersionRegister => Version,
            DeviceId => (uint)device->Kind,
            VendorId => Vendor,
            DeviceFeatures => device->DeviceFeaturesSelect switch
            {
                0 => (uint)device->Features,
                1 => (uint)(device->Features >> 32),
                _ => 0,
            },
            QueueNumMax => queue == null ? 0 : queue->MaxSize,
            QueueReady => queue == null ? 0 : queue->Ready,
            InterruptStatus => device->InterruptStatus,
            Status => device->Status,
            ConfigGeneration => device->ConfigGeneration,
            _ => 0,
        };
    }

    /// <summary>Writes a register or a part of the configuration space.</summary>
    public static void Write(VirtioDevice* device, uint offset, int size, ulong value)
    {
        if (offset >= ConfigOffset)
        {
            VirtioDispatch.WriteConfig(device, offset - ConfigOffset, size, value);
            return;
        }

        if (size != 4)
            return;
        var word = (uint)value;
        switch (offset)
        {
            case DeviceFeaturesSel:
                device->DeviceFeaturesSelect = word;
                break;
            case DriverFeaturesSel:
                device->DriverFeaturesSelect = word;
                break;
            case DriverFeatures:
                WriteFeatures(device, word);
                break;
            case QueueSel:
                device->QueueSelect = word;
                break;
            case QueueNotify:
                // Without NOTIFICATION_DATA the value is the queue's index; others are ignored.
                if (word < device->QueueCount && device->IsRunning && device->Queues[word].Ready != 0)
                    VirtioDispatch.Notify(device, word);
                break;
            case InterruptAck:
                device->InterruptStatus &= ~word;
                if (device->InterruptStatus == 0)
                    Interrupts.Set(device->Machine, device->Line, false);
                break;
            case Status:
                WriteStatus(device, word);
                break;
            default:
                WriteQueue(device, offset, word);
                break;
        }
    }

    private static void WriteFeatures(VirtioDevice* device, uint word)
    {
        // 3.1.1: features are settled once FEATURES_OK is set.
        if ((device->Status & VirtioDevice.FeaturesOk) != 0)
            return;
        if (device->DriverFeaturesSelect == 0)
            device->DriverFeatures = (device->DriverFeatures & 0xFFFFFFFF00000000) | word;
        else if (device->DriverFeaturesSelect == 1)
            device->DriverFeatures = (device->DriverFeatures & 0xFFFFFFFF) | ((ulong)word << 32);
    }

    private static void WriteStatus(VirtioDevice* device, uint word)
    {
        if (word == 0)
        {
            VirtioDevice.Reset(device);
            return;
        }

        word &= 0xFF & ~VirtioDevice.NeedsReset;
        // 2.2.2: a driver that asks for what was not offered, or is no virtio 1 driver, does not get FEATURES_OK.
        if ((word & VirtioDevice.FeaturesOk) != 0 &&
            ((device->DriverFeatures & ~device->Features) != 0 || (device->DriverFeatures & VirtioDevice.FeatureVersion1) == 0))
            word &= ~VirtioDevice.FeaturesOk;
        var before = device->Status;
        // Bits are only ever added until the next reset (2.1.1).
        device->Status |= word;
        if ((before & VirtioDevice.DriverOk) == 0 && (device->Status & VirtioDevice.DriverOk) != 0)
            VirtioDispatch.Ready(device);
    }

    private static void WriteQueue(VirtioDevice* device, uint offset, uint word)
    {
        if (device->QueueSelect >= device->QueueCount)
            return;
        var queue = device->Queues + device->QueueSelect;
        if (offset == QueueReady)
        {
            if (word == 0)
                queue->Ready = 0;
            else if (queue->Ready == 0 && !queue->Enable(&device->Machine->Memory))
                VirtioDevice.Fail(device, "virtio: queue with bad size, alignment or place, device needs reset; kind "u8);
            return;
        }

        // 4.2.2.2: the rest is not to be touched while the queue is ready.
        if (queue->Ready != 0)
            return;
        switch (offset)
        {
            case QueueNum:
                queue->Size = word;
                break;
            case QueueDescLow:
                queue->DescriptorAddress = Low(queue->DescriptorAddress, word);
                break;
            case QueueDescHigh:
                queue->DescriptorAddress = High(queue->DescriptorAddress, word);
                break;
            case QueueDriverLow:
                queue->AvailableAddress = Low(queue->AvailableAddress, word);
                break;
            case QueueDriverHigh:
                queue->AvailableAddress = High(queue->AvailableAddress, word);
                break;
            case QueueDeviceLow:
                queue->UsedAddress = Low(queue->UsedAddress, word);
                break;
            case QueueDeviceHigh:
                queue->UsedAddress = High(queue->UsedAddress, word);
                break;
            default:
                break;
        }
    }

    private static ulong Low(ulong address, uint word) => (address & 0xFFFFFFFF00000000) | word;

    private static ulong High(ulong address, uint word) => (address & 0xFFFFFFFF) | ((ulong)word << 32);
}
