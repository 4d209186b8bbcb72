using System.Runtime.InteropServices;

namespace Gantry.Engine.Devices;

/// <summary>Network card (virtio 1.2, section 5.1): frames between two queues and two rings, no offloads.</summary>
public static unsafe class VirtioNetwork
{
    private const ulong FeatureMac = 1UL << 5;
    private const ulong FeatureStatus = 1UL << 16;

    private const uint QueueSize = 256;
    private const uint Receive = 0;
    private const uint Transmit = 1;

    // 5.1.6: struct virtio_net_hdr of a virtio 1 device, num_buffers included.
    private const uint HeaderSize = 12;
    private const uint NumBuffersOffset = 10;
    private const uint MinFrame = 14;
    private const uint MaxFrame = 65535;
    private const byte LinkUp = 1;

    /// <summary>State of the card.</summary>
    public struct State
    {
        /// <summary>Ethernet address: six bytes in order.</summary>
        public ulong Mac;

        /// <summary>One header and frame on its way.</summary>
        public byte* Frame;
    }

    /// <summary>Makes the device.</summary>
    public static void Create(VirtioDevice* device, Machine* machine, ulong mac)
    {
        device->Allocate(machine, VirtioKind.Network, 2, QueueSize, FeatureMac | FeatureStatus);
        var state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        state->Mac = mac;
        state->Frame = (byte*)NativeMemory.AllocZeroed(HeaderSize + MaxFrame);
        device->State = state;
    }

    /// <summary>struct virtio_net_config, 5.1.4: address and link status.</summary>
    public static byte ReadConfig(VirtioDevice* device, uint offset) => offset switch
    {
        < 6 => (byte)(((State*)device->State)->Mac >> (int)(8 * offset)),
        6 => LinkUp,
        _ => 0,
    };

    /// <summary>The driver put chains into a queue.</summary>
    public static void Notify(VirtioDevice* device, uint queue)
    {
        if (queue == Transmit)
            Send(device);
        else
            Deliver(device);
    }

    /// <summary>The host may have taken or brought frames.</summary>
    public static void Poll(VirtioDevice* device)
    {
        Send(device);
        Deliver(device);
    }

    private static void Send(VirtioDevice* device)
    {
        var state = (State*)device->State;
        var chain = &device->Chain;
        var ring = &device->Machine->Mailbox->NetToHost;
        var sent = false;
        while (VirtioDevice.Peek(device, Transmit, chain))
        {
            var length = chain->ReadableLength - HeaderSize;
            if (chain->ReadableLength < HeaderSize + MinFrame || length > MaxFrame)
            {
                VirtioDevice.Take(device, Transmit);
                VirtioDevice.Return(device, Transmit, chain->Head, 0);
                continue;
            }

            if (ring->Space < 4 + length)
            {
                Processor.Stop(device->Machine);
                return;
            }

            var frameLength = (uint)length;
            chain->Read(HeaderSize, state->Frame, frameLength);
            ring->Write((byte*)&frameLength, 4);
            ring->Write(state->Frame, frameLength);
            sent = true;
            VirtioDevice.Take(device, Transmit);
            VirtioDevice.Return(device, Transmit, chain->Head, 0);
        }

        if (sent)
            Processor.Stop(device->Machine);
    }

    private static void Deliver(VirtioDevice* device)
    {
        var state = (State*)device->State;
        var chain = &device->Chain;
        var ring = &device->Machine->Mailbox->NetToGuest;
        while (true)
        {
            uint length;
            if (ring->Peek((byte*)&length, 4) != 4)
                return;
            if (length is < MinFrame or > MaxFrame)
            {
                // The host's framing is lost: drop everything and say so.
                ring->Tail = ring->Head;
                Log.Write(device->Machine, "virtio-net: bad frame length from the host, frames dropped; length "u8, length);
                return;
            }

            if (ring->Count - 4 < length || !VirtioDevice.Peek(device, Receive, chain))
                return;
            VirtioDevice.Take(device, Receive);
            ring->Tail += 4;
            *(ulong*)state->Frame = 0;
            *(uint*)(state->Frame + 8) = 0;
            *(ushort*)(state->Frame + NumBuffersOffset) = 1;
            ring->Read(state->Frame + HeaderSize, length);
            var total = HeaderSize + length;
            // A buffer too small for the frame is the driver's mistake: the frame is lost, as on a wire.
            if (chain->WritableLength < total)
                total = 0;
            chain->Write(0, state->Frame, total);
            DescriptorChain.NoteWritten(&device->Machine->Memory, chain->WritableSegments, chain->WritableCount, total);
            VirtioDevice.Return(device, Receive, chain->Head, total);
        }
    }
}
