using System.Runtime.InteropServices;
using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>9P transport: one queue of 9P2000.L messages, answered from the host's file operations.</summary>
/// <remarks>
/// A message lives in one <see cref="NinePMessage"/> from its arrival to its reply; it has at most one request with the host at a time.
/// <see cref="NinePOperations"/> starts messages, <see cref="NinePCompletion"/> goes on when the host has answered.
/// </remarks>
public static unsafe class VirtioNineP
{
    private const ulong FeatureMountTag = 1;
    private const uint QueueSize = 128;
    private const uint MessageCount = 32;
    private const uint NoMessage = 0xFFFFFFFF;

    // An error reply must fit whatever else happens.
    private const uint SmallestReply = 11;

    /// <summary>State of one mount.</summary>
    public struct State
    {
        /// <summary>Index of the mount.</summary>
        public uint Index;

        /// <summary><see cref="MountConfig.ReadOnly"/>.</summary>
        public bool ReadOnly;

        /// <summary>Largest message agreed on.</summary>
        public uint MessageSize;

        /// <summary>What the guest mounts it by.</summary>
        public byte* MountTag;

        /// <summary>Its bytes.</summary>
        public uint MountTagLength;

        /// <summary>Names that are in use.</summary>
        public NinePTree Tree;

        /// <summary>Fids.</summary>
        public NinePFidTable Fids;

        /// <summary>Messages being worked on.</summary>
        public NinePMessage* Messages;

        /// <summary>Handles nobody waits for the closing of: a list in the tree's pool.</summary>
        public LooseHandle* Loose;
    }

    /// <summary>A host handle to be closed when a slot is free.</summary>
    public struct LooseHandle
    {
        /// <summary>The handle.</summary>
        public ulong Handle;

        /// <summary>The next one.</summary>
        public LooseHandle* Next;
    }

    /// <summary>Makes the device.</summary>
    public static void Create(VirtioDevice* device, Machine* machine, uint index, byte* tag, uint tagLength, uint flags)
    {
        device->Allocate(machine, VirtioKind.NineP, 1, QueueSize, FeatureMountTag);
        var state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        state->Index = index;
        state->ReadOnly = (flags & MountConfig.ReadOnly) != 0;
        state->MountTag = tag;
        state->MountTagLength = tagLength;
        state->Tree.Create();
        state->Fids.Create();
        state->Messages = (NinePMessage*)NativeMemory.AllocZeroed(MessageCount, (nuint)sizeof(NinePMessage));
        for (var i = 0u; i < MessageCount; i++)
            state->Messages[i].Allocate();
        device->State = state;
    }

    /// <summary>struct virtio_9p_config: tag_len, tag.</summary>
    public static byte ReadConfig(VirtioDevice* device, uint offset)
    {
        var state = (State*)device->State;
        if (offset < 2)
            return (byte)(state->MountTagLength >> (int)(8 * offset));
        return offset - 2 < state->MountTagLength ? state->MountTag[offset - 2] : (byte)0;
    }

    /// <summary>The driver starts anew: all fids go; messages that wait for the host end silently when it answers.</summary>
    public static void Reset(VirtioDevice* device)
    {
        var state = (State*)device->State;
        for (var i = 0u; i < MessageCount; i++)
            state->Messages[i].Orphaned = state->Messages[i].Used;
        DropFids(state);
    }

    /// <summary>Takes messages as long as there are any, and room for them.</summary>
    public static void Serve(VirtioDevice* device)
    {
        var state = (State*)device->State;
        while (device->IsRunning && RequestTable.FindFree(device->Machine) >= 0)
        {
            var message = FindMessage(state);
            if (message == null || !VirtioDevice.Peek(device, 0, &message->Chain))
                return;
            VirtioDevice.Take(device, 0);
            if (!Begin(device, message))
                return;
            NinePOperations.Start(device, state, message);
        }
    }

    /// <summary>The host ran: close what is left over, take what waits.</summary>
    public static void Poll(VirtioDevice* device)
    {
        var state = (State*)device->State;
        while (state->Loose != null)
        {
            var slot = RequestTable.FindFree(device->Machine);
            if (slot < 0)
                return;
            var loose = state->Loose;
            state->Loose = loose->Next;
            var request = RequestTable.Prepare(device->Machine, slot, device, RequestKind.Close, state->Index);
            request->Handle = loose->Handle;
            device->Machine->Requests[slot].Tag = NoMessage;
            state->Tree.Pool.Release((byte*)loose, (uint)sizeof(LooseHandle));
            RequestTable.Post(device->Machine, request);
        }

        Serve(device);
    }

    /// <summary>The host answered.</summary>
    public static void Complete(VirtioDevice* device, Request* request, RequestContext* context)
    {
        if (context->Tag >= MessageCount)
            return;
        var state = (State*)device->State;
        var message = state->Messages + context->Tag;
        if (!message->Orphaned)
        {
            NinePCompletion.Continue(device, state, message, request, context->Segments);
            return;
        }

        if (request->Kind == (uint)RequestKind.Open && request->Status == 0)
            CloseLater(state, request->Result);
        Free(state, message);
    }

    /// <summary>Prepares a request of a message; <see cref="RequestTable.Post"/> sends it. There is always a free slot.</summary>
    /// <remarks><see cref="Serve"/> looks for one first, and a message that goes on has just given one back.</remarks>
    public static Request* Ask(VirtioDevice* device, State* state, NinePMessage* message, RequestKind kind)
    {
        var slot = RequestTable.FindFree(device->Machine);
        var request = RequestTable.Prepare(device->Machine, slot, device, kind, state->Index);
        request->Attributes = (nuint)message->Attributes;
        request->Path = (nuint)message->Paths;
        request->Path2 = (nuint)(message->Paths + HostInterface.MaxPath + 1);
        request->Segments = (nuint)device->Machine->Requests[slot].Segments;
        device->Machine->Requests[slot].Tag = (uint)(message - state->Messages);
        return request;
    }

    /// <summary>Sends the reply in <see cref="NinePMessage.Reply"/>, followed by <paramref name="data"/> bytes that are in place already.</summary>
    public static void Send(VirtioDevice* device, State* state, NinePMessage* message, uint data)
    {
        var chain = &message->Chain;
        var total = message->ReplyLength + data;
        *(uint*)message->Reply = total;
        message->Reply[5] = (byte)message->Tag;
        message->Reply[6] = (byte)(message->Tag >> 8);
        if (chain->WritableLength < total)
        {
            VirtioDevice.Fail(device, "virtio-9p: no room for the reply, device needs reset; kind "u8);
            Free(state, message);
            return;
        }

        chain->Write(0, message->Reply, message->ReplyLength);
        DescriptorChain.NoteWritten(&device->Machine->Memory, chain->WritableSegments, chain->WritableCount, total);
        VirtioDevice.Return(device, 0, chain->Head, total);
        Free(state, message);
    }

    /// <summary>Sends the reply of the request's own type.</summary>
    public static void Send(VirtioDevice* device, State* state, NinePMessage* message)
    {
        message->Reply[4] = (byte)(message->Type + 1);
        Send(device, state, message, 0);
    }

    /// <summary>Sends an error.</summary>
    public static void SendError(VirtioDevice* device, State* state, NinePMessage* message, int error)
    {
        message->BeginReply();
        message->Put((uint)error, 4);
        message->Reply[4] = (byte)NinePType.Rlerror;
        Send(device, state, message, 0);
    }

    /// <summary>One reference less on a fid; the last one closes its file, with nobody waiting.</summary>
    public static void Release(State* state, NinePFid* fid)
    {
        if (fid == null || --fid->References != 0)
            return;
        if (fid->Handle != 0)
            CloseLater(state, fid->Handle);
        state->Tree.Release(fid->Node);
        state->Tree.Pool.Release((byte*)fid, (uint)sizeof(NinePFid));
    }

    /// <summary>Forgets all fids (version, reset).</summary>
    public static void DropFids(State* state)
    {
        for (var fid = state->Fids.First(); fid != null; fid = state->Fids.First())
        {
            state->Fids.Remove(fid);
            Release(state, fid);
        }
    }

    /// <summary>Has a handle closed at the next opportunity.</summary>
    public static void CloseLater(State* state, ulong handle)
    {
        var loose = (LooseHandle*)state->Tree.Pool.Allocate((uint)sizeof(LooseHandle));
        if (loose == null)
            return;
        loose->Handle = handle;
        loose->Next = state->Loose;
        state->Loose = loose;
    }

    private static NinePMessage* FindMessage(State* state)
    {
        for (var i = 0u; i < MessageCount; i++)
        {
            if (!state->Messages[i].Used)
                return state->Messages + i;
        }

        return null;
    }

    private static bool Begin(VirtioDevice* device, NinePMessage* message)
    {
        var chain = &message->Chain;
        message->RequestLength = chain->Read(0, message->Request, NinePMessage.RequestSize);
        var size = *(uint*)message->Request;
        if (message->RequestLength < NinePMessage.HeaderSize || size < NinePMessage.HeaderSize || size > chain->ReadableLength ||
            chain->WritableLength < SmallestReply)
        {
            VirtioDevice.Fail(device, "virtio-9p: message without header or room for a reply, device needs reset; kind "u8);
            return false;
        }

        message->RequestLength = Math.Min(message->RequestLength, size);
        message->Used = true;
        message->Type = (NinePType)message->Request[4];
        message->Tag = (ushort)(message->Request[5] | (message->Request[6] << 8));
        message->Reader = new NinePReader(
            message->Request + NinePMessage.HeaderSize, message->RequestLength - NinePMessage.HeaderSize);
        message->BeginReply();
        return true;
    }

    private static void Free(State* state, NinePMessage* message)
    {
        Release(state, message->Fid);
        Release(state, message->Fid2);
        if (message->Node != null)
            state->Tree.Release(message->Node);
        message->Fid = null;
        message->Fid2 = null;
        message->Node = null;
        message->Used = false;
        message->Orphaned = false;
    }
}
