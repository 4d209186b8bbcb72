namespace Gantry.Engine.Devices;

/// <summary>Entropy device (virtio 1.2, section 5.4).</summary>
public static unsafe class VirtioEntropy
{
    private const uint QueueSize = 16;
    private const ulong MaxBytes = 65536;

    /// <summary>Makes the device.</summary>
    public static void Create(VirtioDevice* device, Machine* machine) =>
        device->Allocate(machine, VirtioKind.Entropy, 1, QueueSize, 0);

    /// <summary>Fills every buffer there is.</summary>
    public static void Serve(VirtioDevice* device)
    {
        var chain = &device->Chain;
        while (VirtioDevice.Peek(device, 0, chain))
        {
            VirtioDevice.Take(device, 0);
            var length = Math.Min(chain->WritableLength, MaxBytes);
            var done = 0UL;
            for (var i = 0u; i < chain->WritableCount && done < length; i++)
            {
                var part = (uint)Math.Min(chain->WritableSegments[i].Length, length - done);
                if (!Entropy.Fill(device->Machine, (byte*)(nuint)chain->WritableSegments[i].Address, part))
                    break;
                done += part;
            }

            Host.Segment* segments = chain->WritableSegments;
            DescriptorChain.NoteWritten(&device->Machine->Memory, segments, chain->WritableCount, done);
            VirtioDevice.Return(device, 0, chain->Head, (uint)done);
        }
    }
}
