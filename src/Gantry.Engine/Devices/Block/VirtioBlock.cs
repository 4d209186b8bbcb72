using System.Runtime.InteropServices;
using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>Block device (virtio 1.2, section 5.2): sectors from the host by requests, or straight from the module's memory.</summary>
public static unsafe class VirtioBlock
{
    private const ulong FeatureSegMax = 1UL << 2;
    private const ulong FeatureReadOnly = 1UL << 5;
    private const ulong FeatureBlockSize = 1UL << 6;
    private const ulong FeatureFlush = 1UL << 9;

    private const uint QueueSize = 256;
    private const uint SegMax = 254;
    private const uint SectorSize = 512;
    private const uint HeaderSize = 16;
    private const int SerialSize = 20;

    // 5.2.6: request types and results.
    private const uint TypeIn = 0;
    private const uint TypeOut = 1;
    private const uint TypeFlush = 4;
    private const uint TypeGetId = 8;
    private const byte StatusOk = 0;
    private const byte StatusIoError = 1;
    private const byte StatusUnsupported = 2;

    private struct Header
    {
        public uint Type;
        public uint Reserved;
        public ulong Sector;
    }

    /// <summary>State of one disk.</summary>
    public struct State
    {
        /// <summary>What the host sees of it.</summary>
        public Disk* Disk;

        /// <summary>Index of the disk.</summary>
        public uint Index;

        /// <summary>Serial number, padded with zeros.</summary>
        public byte* Serial;
    }

    /// <summary>Makes the device.</summary>
    public static void Create(VirtioDevice* device, Machine* machine, uint index, Disk* disk, byte* serial, uint serialLength)
    {
        var features = FeatureSegMax | FeatureBlockSize | ((disk->Flags & Disk.ReadOnly) != 0 ? FeatureReadOnly : FeatureFlush);
        device->Allocate(machine, VirtioKind.Block, 1, QueueSize, features);
        var state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        state->Disk = disk;
        state->Index = index;
        state->Serial = (byte*)NativeMemory.AllocZeroed(SerialSize);
        Buffer.MemoryCopy(serial, state->Serial, SerialSize, Math.Min(serialLength, SerialSize));
        device->State = state;
    }

    /// <summary>struct virtio_blk_config, 5.2.4.</summary>
    public static byte ReadConfig(VirtioDevice* device, uint offset)
    {
        var sectors = ((State*)device->State)->Disk->Size / SectorSize;
        return offset switch
        {
            < 8 => (byte)(sectors >> (int)(8 * offset)),
            >= 12 and < 16 => (byte)(SegMax >> (int)(8 * (offset - 12))),
            >= 20 and < 24 => (byte)(SectorSize >> (int)(8 * (offset - 20))),
            _ => 0,
        };
    }

    /// <summary>Takes chains as long as there are any and slots to put them in.</summary>
    public static void Serve(VirtioDevice* device)
    {
        while (device->IsRunning)
        {
            var slot = RequestTable.FindFree(device->Machine);
            if (slot < 0)
                return;
            var context = device->Machine->Requests + slot;
            if (!VirtioDevice.Peek(device, 0, &context->Chain))
                return;
            VirtioDevice.Take(device, 0);
            Start(device, slot, context);
        }
    }

    /// <summary>The host answered.</summary>
    public static void Complete(VirtioDevice* device, Request* request, RequestContext* context)
    {
        var good = request->Status == 0;
        var written = good && request->Kind == (uint)RequestKind.BlockRead ? request->Length : 0;
        DescriptorChain.NoteWritten(&device->Machine->Memory, context->Segments, request->SegmentCount, written);
        Finish(device, &context->Chain, good ? StatusOk : StatusIoError, written);
    }

    private static void Start(VirtioDevice* device, int slot, RequestContext* context)
    {
        var chain = &context->Chain;
        Header header;
        // 5.2.6: 16 bytes of header, data, one byte of status, in whatever pieces the driver likes (2.7.4).
        if (chain->Read(0, (byte*)&header, HeaderSize) != HeaderSize || chain->WritableLength == 0)
        {
            VirtioDevice.Fail(device, "virtio-blk: request without header or status, device needs reset; kind "u8);
            return;
        }

        var state = (State*)device->State;
        switch (header.Type)
        {
            case TypeIn:
                Transfer(device, slot, context, header.Sector, chain->WritableLength - 1, RequestKind.BlockRead);
                break;
            case TypeOut:
                if ((state->Disk->Flags & Disk.ReadOnly) != 0)
                    Finish(device, chain, StatusIoError, 0);
                else
                    Transfer(device, slot, context, header.Sector, chain->ReadableLength - HeaderSize, RequestKind.BlockWrite);
                break;
            case TypeFlush:
                if (state->Disk->Memory != 0 || (state->Disk->Flags & Disk.ReadOnly) != 0)
                    Finish(device, chain, StatusOk, 0);
                else
                    RequestTable.Post(device->Machine, RequestTable.Prepare(device->Machine, slot, device, RequestKind.BlockFlush, state->Index));
                break;
            case TypeGetId:
                var written = chain->Write(0, state->Serial, (uint)Math.Min(SerialSize, chain->WritableLength - 1));
                Finish(device, chain, StatusOk, written);
                break;
            default:
                Finish(device, chain, StatusUnsupported, 0);
                break;
        }
    }

    private static void Transfer(VirtioDevice* device, int slot, RequestContext* context, ulong sector, ulong length, RequestKind kind)
    {
        var state = (State*)device->State;
        var chain = &context->Chain;
        var reading = kind == RequestKind.BlockRead;
        var disk = state->Disk;
        if (length % SectorSize != 0 || sector > disk->Size / SectorSize || length > disk->Size - (sector * SectorSize))
        {
            Finish(device, chain, StatusIoError, 0);
            return;
        }

        if (reading)
            disk->Reads++;
        else
            disk->Writes++;
        var count = reading
            ? DescriptorChain.Slice(chain->WritableSegments, chain->WritableCount, 0, length, context->Segments)
            : DescriptorChain.Slice(chain->Segments, chain->ReadableCount, HeaderSize, length, context->Segments);
        var offset = sector * SectorSize;
        if (disk->Memory != 0)
        {
            CopyMemory(device, context->Segments, count, (byte*)(nuint)(disk->Memory + offset), reading);
            if (reading)
                DescriptorChain.NoteWritten(&device->Machine->Memory, context->Segments, count, length);
            Finish(device, chain, StatusOk, reading ? length : 0);
            return;
        }

        var request = RequestTable.Prepare(device->Machine, slot, device, kind, state->Index);
        request->Offset = offset;
        request->Length = length;
        request->Segments = (nuint)context->Segments;
        request->SegmentCount = count;
        RequestTable.Post(device->Machine, request);
    }

    private static void CopyMemory(VirtioDevice* device, Segment* segments, uint count, byte* disk, bool reading)
    {
        for (var i = 0u; i < count; i++)
        {
            var length = (nuint)segments[i].Length;
            var place = (byte*)(nuint)segments[i].Address;
            if (reading)
                Buffer.MemoryCopy(disk, place, length, length);
            else
                Buffer.MemoryCopy(place, disk, length, length);
            disk += length;
        }
    }

    private static void Finish(VirtioDevice* device, DescriptorChain* chain, byte status, ulong written)
    {
        // The status is the last byte the device may write.
        chain->Write(chain->WritableLength - 1, &status, 1);
        VirtioDevice.Return(device, 0, chain->Head, (uint)(written + 1));
    }
}
