using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>From the common part of a virtio device to the one it is: a new device gets its line in each switch.</summary>
public static unsafe class VirtioDispatch
{
    /// <summary>The driver reset the device.</summary>
    public static void Reset(VirtioDevice* device)
    {
        switch (device->Kind)
        {
            case VirtioKind.Block:
                RequestTable.Orphan(device->Machine, device);
                break;
            case VirtioKind.Console:
                VirtioConsole.Reset(device);
                break;
            case VirtioKind.NineP:
                VirtioNineP.Reset(device);
                break;
            default:
                break;
        }
    }

    /// <summary>The driver set DRIVER_OK.</summary>
    public static void Ready(VirtioDevice* device)
    {
        for (var queue = 0u; queue < device->QueueCount; queue++)
            Notify(device, queue);
    }

    /// <summary>The driver put chains into a queue.</summary>
    public static void Notify(VirtioDevice* device, uint queue)
    {
        switch (device->Kind)
        {
            case VirtioKind.Block:
                VirtioBlock.Serve(device);
                break;
            case VirtioKind.Console:
                VirtioConsole.Notify(device, queue);
                break;
            case VirtioKind.Network:
                VirtioNetwork.Notify(device, queue);
                break;
            case VirtioKind.Entropy:
                VirtioEntropy.Serve(device);
                break;
            case VirtioKind.NineP:
                VirtioNineP.Serve(device);
                break;
            default:
                break;
        }
    }

    /// <summary>The host ran: rings may have moved, request slots may be free again.</summary>
    public static void Poll(VirtioDevice* device)
    {
        switch (device->Kind)
        {
            case VirtioKind.Block:
                VirtioBlock.Serve(device);
                break;
            case VirtioKind.Console:
                VirtioConsole.Poll(device);
                break;
            case VirtioKind.Network:
                VirtioNetwork.Poll(device);
                break;
            case VirtioKind.NineP:
                VirtioNineP.Poll(device);
                break;
            default:
                break;
        }
    }

    /// <summary>A request of this device is completed; the slot is freed afterwards.</summary>
    public static void Complete(VirtioDevice* device, Request* request, RequestContext* context)
    {
        switch (device->Kind)
        {
            case VirtioKind.Block:
                VirtioBlock.Complete(device, request, context);
                break;
            case VirtioKind.NineP:
                VirtioNineP.Complete(device, request, context);
                break;
            default:
                break;
        }
    }

    /// <summary>One byte of the configuration space; 0 behind its end.</summary>
    public static byte ReadConfig(VirtioDevice* device, uint offset) => device->Kind switch
    {
        VirtioKind.Block => VirtioBlock.ReadConfig(device, offset),
        VirtioKind.Console => VirtioConsole.ReadConfig(device, offset),
        VirtioKind.Network => VirtioNetwork.ReadConfig(device, offset),
        VirtioKind.NineP => VirtioNineP.ReadConfig(device, offset),
        _ => 0,
    };

    /// <summary>A write to the configuration space: only the console has a field for it.</summary>
    public static void WriteConfig(VirtioDevice* device, uint offset, int size, ulong value)
    {
        if (device->Kind == VirtioKind.Console)
            VirtioConsole.WriteConfig(device, offset, size, value);
    }
}
