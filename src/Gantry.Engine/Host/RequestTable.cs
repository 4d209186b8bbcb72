using System.Runtime.InteropServices;
using Gantry.Engine.Devices;

namespace Gantry.Engine.Host;

/// <summary>The engine's own notes on a request slot, kept where the host does not look.</summary>
public unsafe struct RequestContext
{
    /// <summary>Whose request it is; null once the device was reset meanwhile.</summary>
    public VirtioDevice* Device;

    /// <summary>The chain the request serves; its segments belong to the slot.</summary>
    public DescriptorChain Chain;

    /// <summary>Segments handed to the host (a slice of the chain's, or the engine's buffer).</summary>
    public Segment* Segments;

    /// <summary>The device's own number for it.</summary>
    public uint Tag;
}

/// <summary>Request slots: taken by devices, answered by the host.</summary>
public static unsafe class RequestTable
{
    /// <summary>Number of slots.</summary>
    public const uint Count = 64;

    /// <summary>Makes the table.</summary>
    public static void Allocate(Machine* machine)
    {
        var mailbox = machine->Mailbox;
        mailbox->Requests = (nuint)NativeMemory.AllocZeroed(Count, (nuint)sizeof(Request));
        mailbox->RequestCount = Count;
        mailbox->RequestStride = (uint)sizeof(Request);
        machine->Requests = (RequestContext*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(RequestContext));
        for (var i = 0u; i < Count; i++)
        {
            machine->Requests[i].Chain.Allocate();
            machine->Requests[i].Segments = (Segment*)NativeMemory.AllocZeroed(HostInterface.MaxSegments, (nuint)sizeof(Segment));
        }
    }

    /// <summary>The slot's public part.</summary>
    public static Request* Slot(Machine* machine, int index) => (Request*)(nuint)machine->Mailbox->Requests + index;

    /// <summary>Index of a free slot, or -1. The slot is not taken before <see cref="Post"/>.</summary>
    public static int FindFree(Machine* machine)
    {
        if (machine->Mailbox->RequestsInFlight >= Count)
            return -1;
        for (var i = 0; i < (int)Count; i++)
        {
            if (Slot(machine, i)->State == (uint)RequestState.Free)
                return i;
        }

        return -1;
    }

    /// <summary>Clears a free slot for a new request.</summary>
    public static Request* Prepare(Machine* machine, int index, VirtioDevice* device, RequestKind kind, uint deviceIndex)
    {
        var request = Slot(machine, index);
        *request = default;
        request->Kind = (uint)kind;
        request->Device = deviceIndex;
        machine->Requests[index].Device = device;
        return request;
    }

    /// <summary>Hands a prepared request to the host; the run returns soon.</summary>
    public static void Post(Machine* machine, Request* request)
    {
        machine->Mailbox->RequestsPosted++;
        request->Id = (uint)machine->Mailbox->RequestsPosted;
        machine->Mailbox->RequestsInFlight++;
        request->State = (uint)RequestState.Posted;
        Processor.Stop(machine);
    }

    /// <summary>Gives the slots the host completed back to their devices.</summary>
    public static void Collect(Machine* machine)
    {
        if (machine->Mailbox->RequestsInFlight == 0)
            return;
        for (var i = 0; i < (int)Count; i++)
        {
            var request = Slot(machine, i);
            if (request->State != (uint)RequestState.Completed)
                continue;
            var context = machine->Requests + i;
            var device = context->Device;
            // The host's memory is its own business, but a device must not read its answer from a slot that is in use again.
            var answer = *request;
            request->State = (uint)RequestState.Free;
            machine->Mailbox->RequestsInFlight--;
            if (device != null)
                VirtioDispatch.Complete(device, &answer, context);
        }
    }

    /// <summary>A device was reset: what it asked for concerns nobody any more.</summary>
    public static void Orphan(Machine* machine, VirtioDevice* device)
    {
        for (var i = 0; i < (int)Count; i++)
        {
            if (machine->Requests[i].Device == device)
                machine->Requests[i].Device = null;
        }
    }
}
