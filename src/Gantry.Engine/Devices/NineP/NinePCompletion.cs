using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>Second half of each message: the host has answered.</summary>
public static unsafe class NinePCompletion
{
    private const ulong BasicStatistics = 0x7FF;
    private const uint FileSystemType = 0x01021997;
    private const int Nanoseconds = 1_000_000_000;

    /// <summary>Goes on with a message.</summary>
    public static void Continue(
        VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, Request* request, Segment* segments)
    {
        if (message->Type is NinePType.Tlopen or NinePType.Tlcreate)
            message->Fid->Opening = false;
        if (request->Status != 0)
        {
            Failed(device, state, message, request->Status);
            return;
        }

        switch (message->Type)
        {
            case NinePType.Tattach:
                Attached(device, state, message);
                return;
            case NinePType.Twalk:
                WalkedOne(device, state, message);
                return;
            case NinePType.Tread:
                var length = (uint)Math.Min(request->Result, request->Length);
                message->Put(length, 4);
                message->Reply[4] = (byte)(message->Type + 1);
                VirtioNineP.Send(device, state, message, length);
                return;
            case NinePType.Treaddir:
                NinePDirectory.Continue(device, state, message, (uint)Math.Min(request->Result, request->Length));
                return;
            case NinePType.Twrite:
                message->Put((uint)Math.Min(request->Result, request->Length), 4);
                break;
            case NinePType.Tgetattr:
                PutAttributes(message);
                break;
            case NinePType.Tlopen:
                NinePTree.Note(message->Fid->Node, message->Attributes);
                message->Fid->Handle = request->Result;
                PutOpened(message, message->Fid->Node);
                break;
            case NinePType.Tlcreate:
                if (!Created(device, state, message, request))
                    return;
                break;
            case NinePType.Tmkdir or NinePType.Tsymlink or NinePType.Tmknod:
                message->PutQid(message->Attributes->Mode, (uint)message->Attributes->Version, message->Attributes->Inode);
                break;
            case NinePType.Treadlink:
                message->PutText(message->Buffer, (uint)Math.Min(request->Result, HostInterface.MaxPath));
                break;
            case NinePType.Tunlinkat:
                state->Tree.Remove(message->Fid->Node, message->Name, message->NameLength);
                break;
            case NinePType.Tremove:
                if (!message->Fid->Node->Removed)
                    state->Tree.Remove(message->Fid->Node->Parent, message->Fid->Node->Name, message->Fid->Node->NameLength);
                break;
            case NinePType.Trename:
                state->Tree.Rename(
                    message->Fid->Node->Parent,
                    message->Name,
                    message->NameLength,
                    message->Fid2->Node,
                    message->Name2,
                    message->Name2Length);
                break;
            case NinePType.Trenameat:
                state->Tree.Rename(
                    message->Fid->Node, message->Name, message->NameLength, message->Fid2->Node, message->Name2, message->Name2Length);
                break;
            case NinePType.Tstatfs:
                PutStatistics(message);
                break;
            default:
                break;
        }

        VirtioNineP.Send(device, state, message);
    }

    /// <summary>Takes names that need no host, asks for the next one that does, ends the walk after the last. 0 or a Linux errno.</summary>
    public static int WalkOn(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        while (message->NamesLeft > 0)
        {
            message->Name = message->Reader.Text(&message->NameLength);
            if (message->Reader.Bad)
                return NinePError.Invalid;
            if (message->NameLength == 2 && message->Name[0] == (byte)'.' && message->Name[1] == (byte)'.')
            {
                var up = message->Node->Parent == null ? message->Node : message->Node->Parent;
                up->References++;
                state->Tree.Release(message->Node);
                message->Node = up;
                Step(message);
                continue;
            }

            var error = !NinePReader.IsName(message->Name, message->NameLength)
                ? message->NameLength > NinePTree.MaxName ? NinePError.NameTooLong : NinePError.NoEntry
                : NinePOperations.StatNext(device, state, message);
            if (error != 0 && message->NamesDone != 0)
            {
                SendWalk(device, state, message);
                return 0;
            }

            return error;
        }

        if (message->NewFid == message->Fid->Number)
        {
            // Moves the fid itself: its reference on the old node goes to the message, which drops it.
            if (message->Fid->Handle != 0 || message->Fid->Opening)
                return NinePError.BadFid;
            var old = message->Fid->Node;
            message->Fid->Node = message->Node;
            message->Node = old;
        }
        else
        {
            if (state->Fids.Find(message->NewFid) != null)
                return NinePError.Invalid;
            if (state->Fids.Add(&state->Tree, message->NewFid, message->Node, message->Fid->Owner) == null)
                return NinePError.NoMemory;
            message->Node = null;
        }

        SendWalk(device, state, message);
        return 0;
    }

    private static void Failed(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, int error)
    {
        // A walk that got somewhere answers how far (walk(5)); the new fid is not made.
        if (message->Type == NinePType.Twalk && message->NamesDone != 0)
            SendWalk(device, state, message);
        else
            VirtioNineP.SendError(device, state, message, error is > 0 and < 4096 ? error : NinePError.Io);
    }

    private static void Attached(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        NinePTree.Note(message->Node, message->Attributes);
        if (!message->Node->IsDirectory)
        {
            VirtioNineP.SendError(device, state, message, NinePError.NotDirectory);
            return;
        }

        if (state->Fids.Find(message->NewFid) != null ||
            state->Fids.Add(&state->Tree, message->NewFid, message->Node, message->Count) == null)
        {
            VirtioNineP.SendError(device, state, message, NinePError.NoMemory);
            return;
        }

        message->PutQid(message->Node);
        message->Node = null;
        VirtioNineP.Send(device, state, message);
    }

    private static void WalkedOne(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var node = state->Tree.Acquire(message->Node, message->Name, message->NameLength);
        if (node == null)
        {
            VirtioNineP.SendError(device, state, message, NinePError.NoMemory);
            return;
        }

        NinePTree.Note(node, message->Attributes);
        state->Tree.Release(message->Node);
        message->Node = node;
        Step(message);
        var error = WalkOn(device, state, message);
        if (error != 0)
            VirtioNineP.SendError(device, state, message, error);
    }

    private static void Step(NinePMessage* message)
    {
        message->PutQid(message->Node);
        message->NamesLeft--;
        message->NamesDone++;
    }

    private static void SendWalk(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        message->Reply[NinePMessage.HeaderSize] = (byte)message->NamesDone;
        message->Reply[NinePMessage.HeaderSize + 1] = 0;
        VirtioNineP.Send(device, state, message);
    }

    // The fid moves from the directory to the new file (lcreate).
    private static bool Created(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, Request* request)
    {
        var node = state->Tree.Acquire(message->Fid->Node, message->Name, message->NameLength);
        if (node == null)
        {
            VirtioNineP.CloseLater(state, request->Result);
            VirtioNineP.SendError(device, state, message, NinePError.NoMemory);
            return false;
        }

        NinePTree.Note(node, message->Attributes);
        state->Tree.Release(message->Fid->Node);
        message->Fid->Node = node;
        message->Fid->Handle = request->Result;
        PutOpened(message, node);
        return true;
    }

    private static void PutOpened(NinePMessage* message, NinePNode* node)
    {
        message->PutQid(node);
        // iounit 0: as much as a message holds.
        message->Put(0, 4);
    }

    private static void PutAttributes(NinePMessage* message)
    {
        var attributes = message->Attributes;
        NinePTree.Note(message->Fid->Node, attributes);
        message->Put(BasicStatistics, 8);
        message->PutQid(message->Fid->Node);
        message->Put(attributes->Mode, 4);
        message->Put(attributes->Owner, 4);
        message->Put(attributes->Group, 4);
        message->Put(attributes->Links, 8);
        message->Put(attributes->Device, 8);
        message->Put(attributes->Size, 8);
        message->Put(attributes->BlockSize == 0 ? 4096 : attributes->BlockSize, 8);
        message->Put(attributes->Blocks, 8);
        PutTime(message, attributes->AccessTime);
        PutTime(message, attributes->ModifyTime);
        PutTime(message, attributes->ChangeTime);
        message->Put(0, 8);
        message->Put(0, 8);
        message->Put(0, 8);
        message->Put(attributes->Version, 8);
    }

    private static void PutTime(NinePMessage* message, long time)
    {
        var seconds = time / Nanoseconds;
        var rest = time % Nanoseconds;
        if (rest < 0)
        {
            seconds--;
            rest += Nanoseconds;
        }

        message->Put((ulong)seconds, 8);
        message->Put((ulong)rest, 8);
    }

    private static void PutStatistics(NinePMessage* message)
    {
        var statistics = (FileSystemStatistics*)message->Attributes;
        message->Put(FileSystemType, 4);
        message->Put(statistics->BlockSize, 4);
        message->Put(statistics->Blocks, 8);
        message->Put(statistics->BlocksFree, 8);
        message->Put(statistics->BlocksAvailable, 8);
        message->Put(statistics->Files, 8);
        message->Put(statistics->FilesFree, 8);
        message->Put(statistics->FileSystemId, 8);
        message->Put(statistics->NameLength, 4);
    }
}
