using Gantry.Engine.Host;
using Gantry.Engine.Memory;

namespace Gantry.Engine.Devices;

/// <summary>First half of each message: read its fields, check them, ask the host or answer at once.</summary>
public static unsafe class NinePOperations
{
    private const uint NoUser = 0xFFFFFFFF;
    private const uint OpenFlagsKept = 3 | 0x40 | 0x80 | 0x200 | 0x10000 | 0x20000;
    private const uint OpenForWriting = 3 | 0x40 | 0x200;
    private const uint DirectoryFlag = 0x10000;
    private const uint RemoveDirectory = 0x200;
    private const uint MaxMessageSize = 1 << 20;
    private const uint MinMessageSize = 4096;
    private const uint ReadHeader = 11;
    private const uint WriteHeader = 23;
    private const uint MaxWalk = 16;
    private const byte LockSuccess = 0;
    private const byte Unlocked = 2;

    /// <summary>Starts a message.</summary>
    public static void Start(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var error = message->Type switch
        {
            NinePType.Tversion => Version(device, state, message),
            NinePType.Tattach => Attach(device, state, message),
            NinePType.Twalk => Walk(device, state, message),
            NinePType.Tgetattr => GetAttributes(device, state, message),
            NinePType.Tread => Read(device, state, message),
            NinePType.Twrite => Write(device, state, message),
            NinePType.Treaddir => ReadDirectory(device, state, message),
            NinePType.Tclunk => Clunk(device, state, message),
            NinePType.Tlopen => Open(device, state, message),
            NinePType.Tlcreate => Create(device, state, message),
            NinePType.Tsetattr => SetAttributes(device, state, message),
            NinePType.Tmkdir or NinePType.Tsymlink or NinePType.Tmknod => Make(device, state, message),
            NinePType.Treadlink => ReadLink(device, state, message),
            NinePType.Tunlinkat => UnlinkAt(device, state, message),
            NinePType.Tremove => Remove(device, state, message),
            NinePType.Trename or NinePType.Trenameat => Rename(device, state, message),
            NinePType.Tlink => Link(device, state, message),
            NinePType.Tfsync => Fsync(device, state, message),
            NinePType.Tstatfs => StatFileSystem(device, state, message),
            NinePType.Tlock or NinePType.Tgetlock => Lock(device, state, message),
            // The reply to what is flushed may come before or after; ours all come.
            NinePType.Tflush => Reply(device, state, message),
            _ => NinePError.NotSupported,
        };
        if (error != 0)
            VirtioNineP.SendError(device, state, message, error);
    }

    /// <summary>Asks for the attributes of the walk's next name.</summary>
    public static int StatNext(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        if (!message->Node->IsDirectory)
            return NinePError.NotDirectory;
        return Ask(device, state, message, RequestKind.Stat, message->Node, message->Name, message->NameLength, out _);
    }

    private static int Reply(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        VirtioNineP.Send(device, state, message);
        return 0;
    }

    private static int Version(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var size = message->Reader.Word();
        uint length;
        var version = message->Reader.Text(&length);
        if (message->Reader.Bad || size < MinMessageSize)
            return NinePError.Invalid;
        VirtioNineP.DropFids(state);
        state->MessageSize = Math.Min(size, MaxMessageSize);
        message->Put(state->MessageSize, 4);
        var known = Bytes.Equal(version, length, "9P2000.L"u8);
        fixed (byte* answer = known ? "9P2000.L"u8 : "unknown"u8)
            message->PutText(answer, known ? 8u : 7u);
        return Reply(device, state, message);
    }

    private static int Attach(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        uint length;
        message->NewFid = message->Reader.Word();
        message->Reader.Word();
        message->Reader.Text(&length);
        message->Reader.Text(&length);
        var owner = message->Reader.Word();
        if (message->Reader.Bad || length != 0 || state->Fids.Find(message->NewFid) != null)
            return NinePError.Invalid;
        message->Count = owner == NoUser ? 0 : owner;
        state->Tree.Root->References++;
        message->Node = state->Tree.Root;
        return Ask(device, state, message, RequestKind.Stat, state->Tree.Root, null, 0, out _);
    }

    private static int Walk(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->NewFid = message->Reader.Word();
        message->NamesLeft = (uint)message->Reader.Number(2);
        message->NamesDone = 0;
        if (message->Reader.Bad || message->NamesLeft > MaxWalk)
            return NinePError.Invalid;
        if (fid == null)
            return NinePError.BadFid;
        if (message->NewFid != fid->Number && state->Fids.Find(message->NewFid) != null)
            return NinePError.Invalid;
        fid->Node->References++;
        message->Node = fid->Node;
        message->Put(message->NamesLeft, 2);
        return NinePCompletion.WalkOn(device, state, message);
    }

    private static int GetAttributes(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->Reader.Number(8);
        return AskFid(device, state, message, RequestKind.Stat, fid);
    }

    private static int StatFileSystem(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message) =>
        AskFid(device, state, message, RequestKind.StatFileSystem, Hold(state, message));

    private static int ReadLink(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var error = Prepare(device, state, message, RequestKind.ReadLink, fid, out var request);
        if (error != 0)
            return error;
        ToBuffer(message, request, HostInterface.MaxPath);
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Read(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var offset = message->Reader.Number(8);
        var count = message->Reader.Word();
        if (fid == null || fid->Handle == 0)
            return NinePError.BadFid;
        if (fid->Node->IsDirectory)
            return NinePError.IsDirectory;
        if (message->Reader.Bad || message->Chain.WritableLength < ReadHeader || offset > long.MaxValue)
            return NinePError.Invalid;
        count = (uint)Math.Min(Math.Min(count, message->Chain.WritableLength - ReadHeader), state->MessageSize);
        var request = VirtioNineP.Ask(device, state, message, RequestKind.Read);
        request->PathLength = 0;
        request->Handle = fid->Handle;
        request->Offset = offset;
        request->Length = count;
        request->SegmentCount = DescriptorChain.Slice(
            message->Chain.WritableSegments, message->Chain.WritableCount, ReadHeader, count, (Segment*)(nuint)request->Segments);
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Write(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var offset = message->Reader.Number(8);
        var count = message->Reader.Word();
        if (state->ReadOnly)
            return NinePError.ReadOnly;
        if (fid == null || fid->Handle == 0 || fid->Node->IsDirectory)
            return NinePError.BadFid;
        if (message->Reader.Bad || message->Chain.ReadableLength < WriteHeader ||
            count > message->Chain.ReadableLength - WriteHeader || offset > (ulong)long.MaxValue - count)
            return NinePError.Invalid;
        var request = VirtioNineP.Ask(device, state, message, RequestKind.Write);
        request->Handle = fid->Handle;
        request->Offset = offset;
        request->Length = count;
        request->SegmentCount = DescriptorChain.Slice(
            message->Chain.Segments, message->Chain.ReadableCount, WriteHeader, count, (Segment*)(nuint)request->Segments);
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int ReadDirectory(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->Offset = message->Reader.Number(8);
        message->Count = message->Reader.Word();
        if (fid == null || fid->Handle == 0)
            return NinePError.BadFid;
        if (!fid->Node->IsDirectory)
            return NinePError.NotDirectory;
        if (message->Reader.Bad || message->Chain.WritableLength < ReadHeader)
            return NinePError.Invalid;
        message->Count = (uint)Math.Min(message->Count, message->Chain.WritableLength - ReadHeader);
        message->Count = Math.Min(message->Count, NinePMessage.BufferSize - ReadHeader);
        return NinePDirectory.Start(device, state, message);
    }

    private static int Clunk(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        if (fid == null)
            return NinePError.BadFid;
        state->Fids.Remove(fid);
        VirtioNineP.Release(state, fid);
        var handle = fid->Handle;
        if (handle == 0 || fid->References != 1)
            return Reply(device, state, message);
        // The guest learns of the end of close only when the host has done it: what was written is then safe with the host.
        fid->Handle = 0;
        var request = VirtioNineP.Ask(device, state, message, RequestKind.Close);
        request->Handle = handle;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Open(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var flags = message->Reader.Word() & OpenFlagsKept & ~0xC0u;
        if (fid == null || fid->Handle != 0 || fid->Opening)
            return NinePError.BadFid;
        if (state->ReadOnly && (flags & OpenForWriting) != 0)
            return NinePError.ReadOnly;
        var type = fid->Node->Mode & NinePTree.TypeMask;
        if (type == NinePTree.TypeDirectory)
            flags = DirectoryFlag;
        else if (type != NinePTree.TypeFile)
            return NinePError.Invalid;
        else if ((flags & DirectoryFlag) != 0)
            return NinePError.NotDirectory;
        var error = Prepare(device, state, message, RequestKind.Open, fid, out var request);
        if (error != 0)
            return error;
        request->Flags = flags;
        fid->Opening = true;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Create(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->Name = ReadName(message, &message->NameLength);
        var flags = message->Reader.Word() & OpenFlagsKept & ~DirectoryFlag;
        var mode = message->Reader.Word();
        var group = message->Reader.Word();
        if (fid == null || fid->Handle != 0 || fid->Opening)
            return NinePError.BadFid;
        var error = CheckDirectory(state, message, fid);
        if (error != 0)
            return error;
        error = Prepare(device, state, message, RequestKind.Open, fid->Node, message->Name, message->NameLength, out var request);
        if (error != 0)
            return error;
        request->Flags = flags | 0x40;
        request->Mode = mode & 0xFFF;
        request->Owner = fid->Owner;
        request->Group = group;
        fid->Opening = true;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int SetAttributes(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var reader = &message->Reader;
        var attributes = message->Attributes;
        *attributes = default;
        attributes->Valid = reader->Word() & 0x1BF;
        attributes->Mode = reader->Word() & 0xFFF;
        attributes->Owner = reader->Word();
        attributes->Group = reader->Word();
        attributes->Size = reader->Number(8);
        attributes->AccessTime = ReadTime(reader);
        attributes->ModifyTime = ReadTime(reader);
        if (reader->Bad || attributes->Size > long.MaxValue)
            return NinePError.Invalid;
        if (state->ReadOnly)
            return NinePError.ReadOnly;
        return AskFid(device, state, message, RequestKind.SetAttributes, fid);
    }

    private static int Make(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->Name = ReadName(message, &message->NameLength);
        byte* target = null;
        uint targetLength = 0, mode = 0x1FF, major = 0, minor = 0;
        if (message->Type == NinePType.Tsymlink)
            target = message->Reader.Text(&targetLength);
        else
            mode = message->Reader.Word();
        if (message->Type == NinePType.Tmknod)
        {
            major = message->Reader.Word();
            minor = message->Reader.Word();
        }

        var group = message->Reader.Word();
        var error = CheckDirectory(state, message, fid);
        if (error != 0)
            return error;
        if (targetLength > HostInterface.MaxPath)
            return NinePError.NameTooLong;
        var kind = message->Type switch
        {
            NinePType.Tmkdir => RequestKind.MakeDirectory,
            NinePType.Tsymlink => RequestKind.Symlink,
            _ => RequestKind.MakeNode,
        };
        error = Prepare(device, state, message, kind, fid->Node, message->Name, message->NameLength, out var request);
        if (error != 0)
            return error;
        Buffer.MemoryCopy(target, (byte*)(nuint)request->Path2, HostInterface.MaxPath, targetLength);
        request->Path2Length = targetLength;
        request->Mode = kind == RequestKind.MakeNode ? mode & 0xFFFF : mode & 0xFFF;
        request->Owner = fid->Owner;
        request->Group = group;
        // makedev(3): twelve bits of major and eight of minor below, the rest above.
        request->Device64 = (minor & 0xFFUL) | ((major & 0xFFFUL) << 8) | ((minor & ~0xFFUL) << 12) | ((major & ~0xFFFUL) << 32);
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int UnlinkAt(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        message->Name = ReadName(message, &message->NameLength);
        var flags = message->Reader.Word() & RemoveDirectory;
        var error = CheckDirectory(state, message, fid);
        if (error != 0)
            return error;
        error = Prepare(device, state, message, RequestKind.Unlink, fid->Node, message->Name, message->NameLength, out var request);
        if (error != 0)
            return error;
        request->Flags = flags;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Remove(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        if (fid == null)
            return NinePError.BadFid;
        // The fid is given back whether or not the file goes.
        state->Fids.Remove(fid);
        VirtioNineP.Release(state, fid);
        if (state->ReadOnly)
            return NinePError.ReadOnly;
        if (fid->Node->Parent == null)
            return NinePError.NotPermitted;
        var error = Prepare(device, state, message, RequestKind.Unlink, fid, out var request);
        if (error != 0)
            return error;
        request->Handle = 0;
        request->Flags = fid->Node->IsDirectory ? RemoveDirectory : 0;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static int Rename(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        if (message->Type == NinePType.Trenameat)
            message->Name = ReadName(message, &message->NameLength);
        var directory = Hold2(state, message);
        message->Name2 = ReadName(message, &message->Name2Length);
        var error = CheckDirectory(state, message, directory);
        if (error != 0)
            return error;
        if (fid == null)
            return NinePError.BadFid;
        var parent = fid->Node;
        if (message->Type == NinePType.Trename)
        {
            if (fid->Node->Parent == null)
                return NinePError.NotPermitted;
            parent = fid->Node->Parent;
            if (fid->Node->Removed)
                return NinePError.NoEntry;
            // A copy: the node's own name changes with the rename.
            message->Name = message->Buffer;
            message->NameLength = fid->Node->NameLength;
            Buffer.MemoryCopy(fid->Node->Name, message->Name, NinePMessage.BufferSize, message->NameLength);
        }

        error = Prepare(device, state, message, RequestKind.Rename, parent, message->Name, message->NameLength, out var request);
        if (error != 0)
            return error;
        return PostWithPath2(device, request, directory->Node, message->Name2, message->Name2Length);
    }

    private static int Link(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var directory = Hold(state, message);
        var fid = Hold2(state, message);
        message->Name = ReadName(message, &message->NameLength);
        var error = CheckDirectory(state, message, directory);
        if (error != 0)
            return error;
        error = Prepare(device, state, message, RequestKind.Link, fid, out var request);
        if (error != 0)
            return error;
        return PostWithPath2(device, request, directory->Node, message->Name, message->NameLength);
    }

    private static int Fsync(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = Hold(state, message);
        var dataOnly = message->Reader.Word();
        if (fid == null)
            return NinePError.BadFid;
        if (fid->Handle == 0)
            return Reply(device, state, message);
        var request = VirtioNineP.Ask(device, state, message, RequestKind.Fsync);
        request->Handle = fid->Handle;
        request->Flags = dataOnly != 0 ? 1u : 0u;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    // The guest is the mount's only user and its kernel has already settled who holds what.
    private static int Lock(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        if (Hold(state, message) == null)
            return NinePError.BadFid;
        if (message->Type == NinePType.Tlock)
        {
            message->Put(LockSuccess, 1);
            return Reply(device, state, message);
        }

        message->Reader.Number(1);
        message->Put(Unlocked, 1);
        message->Put(message->Reader.Number(8), 8);
        message->Put(message->Reader.Number(8), 8);
        message->Put(message->Reader.Word(), 4);
        uint length;
        var client = message->Reader.Text(&length);
        message->PutText(client, Math.Min(length, NinePTree.MaxName));
        return Reply(device, state, message);
    }

    private static NinePFid* Hold(VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = state->Fids.Find(message->Reader.Word());
        if (fid != null)
            fid->References++;
        message->Fid = fid;
        return fid;
    }

    private static NinePFid* Hold2(VirtioNineP.State* state, NinePMessage* message)
    {
        var fid = state->Fids.Find(message->Reader.Word());
        if (fid != null)
            fid->References++;
        message->Fid2 = fid;
        return fid;
    }

    private static byte* ReadName(NinePMessage* message, uint* length) => message->Reader.Name(length);

    private static long ReadTime(NinePReader* reader)
    {
        var seconds = Math.Clamp((long)reader->Number(8), -9_000_000_000, 9_000_000_000);
        return (seconds * 1_000_000_000) + (long)Math.Min(reader->Number(8), 999_999_999);
    }

    private static int CheckDirectory(VirtioNineP.State* state, NinePMessage* message, NinePFid* directory)
    {
        if (message->Reader.Bad)
            return NinePError.Invalid;
        if (state->ReadOnly)
            return NinePError.ReadOnly;
        if (directory == null)
            return NinePError.BadFid;
        return directory->Node->IsDirectory ? 0 : NinePError.NotDirectory;
    }

    private static int Prepare(
        VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, RequestKind kind, NinePFid* fid, out Request* request)
    {
        request = null;
        if (message->Reader.Bad)
            return NinePError.Invalid;
        if (fid == null)
            return NinePError.BadFid;
        var handle = fid->Handle;
        var error = Prepare(device, state, message, kind, fid->Node, null, 0, out request);
        if (error != 0 && (kind == RequestKind.Stat || kind == RequestKind.SetAttributes))
        {
            // Unlinked but open: the handle is enough. Linux asks by whichever fid of the file it finds first,
            // also one that is not open (fstat of a file that a rename replaced): any that is open will do.
            var open = handle != 0 ? fid : state->Fids.FindOpen(fid->Node);
            if (open == null)
                return error;
            handle = open->Handle;
            request = VirtioNineP.Ask(device, state, message, kind);
            request->PathLength = 0;
            error = 0;
        }

        if (error == 0)
            request->Handle = handle;
        return error;
    }

    private static int Prepare(
        VirtioDevice* device,
        VirtioNineP.State* state,
        NinePMessage* message,
        RequestKind kind,
        NinePNode* node,
        byte* name,
        uint nameLength,
        out Request* request)
    {
        request = null;
        var length = NinePTree.WritePath(node, name, nameLength, message->Paths);
        if (length < 0)
            return -length;
        request = VirtioNineP.Ask(device, state, message, kind);
        request->PathLength = (uint)length;
        return 0;
    }

    private static int Ask(
        VirtioDevice* device,
        VirtioNineP.State* state,
        NinePMessage* message,
        RequestKind kind,
        NinePNode* node,
        byte* name,
        uint nameLength,
        out Request* request)
    {
        var error = Prepare(device, state, message, kind, node, name, nameLength, out request);
        if (error == 0)
            RequestTable.Post(device->Machine, request);
        return error;
    }

    private static int AskFid(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, RequestKind kind, NinePFid* fid)
    {
        var error = Prepare(device, state, message, kind, fid, out var request);
        if (error == 0)
            RequestTable.Post(device->Machine, request);
        return error;
    }

    private static int PostWithPath2(VirtioDevice* device, Request* request, NinePNode* node, byte* name, uint nameLength)
    {
        var length = NinePTree.WritePath(node, name, nameLength, (byte*)(nuint)request->Path2);
        if (length < 0)
            return -length;
        request->Path2Length = (uint)length;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    private static void ToBuffer(NinePMessage* message, Request* request, uint size)
    {
        var segment = (Segment*)(nuint)request->Segments;
        segment->Address = (nuint)message->Buffer;
        segment->Length = size;
        request->SegmentCount = 1;
        request->Length = size;
    }
}
