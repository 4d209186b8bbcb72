using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>Treaddir: "." and ".." from us, the rest from the host's list, turned into 9P's entries.</summary>
/// <remarks>Cookies: 1 after ".", 2 after "..", the host's plus 2 after its entries.</remarks>
public static unsafe class NinePDirectory
{
    private const uint EntryHeader = 20;
    private const uint ReplyEntryHeader = 24;
    private const uint DirectoryType = 4;
    private const uint LinkType = 10;
    private const uint CountOffset = NinePMessage.HeaderSize;

    /// <summary>Begins the reply and asks the host.</summary>
    public static int Start(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        message->Put(0, 4);
        var node = message->Fid->Node;
        if (message->Offset == 0 && Put(message, node->Inode, 1, DirectoryType, DotsText(), 1))
            message->Offset = 1;
        if (message->Offset == 1)
        {
            var parent = node->Parent == null ? node : node->Parent;
            if (Put(message, parent->Inode, 2, DirectoryType, DotsText(), 2))
                message->Offset = 2;
        }

        if (message->Offset < 2)
        {
            Finish(device, state, message);
            return 0;
        }

        var request = VirtioNineP.Ask(device, state, message, RequestKind.List);
        request->Handle = message->Fid->Handle;
        request->Offset = message->Offset - 2;
        var segment = (Segment*)(nuint)request->Segments;
        segment->Address = (nuint)message->Buffer;
        segment->Length = NinePMessage.BufferSize;
        request->SegmentCount = 1;
        request->Length = NinePMessage.BufferSize;
        RequestTable.Post(device->Machine, request);
        return 0;
    }

    /// <summary>Takes the host's entries; those that do not fit will be asked for again.</summary>
    public static void Continue(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message, uint length)
    {
        var at = 0u;
        while (length - at >= EntryHeader)
        {
            var entry = message->Buffer + at;
            uint nameLength = *(ushort*)(entry + 18);
            if (length - at - EntryHeader < nameLength)
                break;
            at += EntryHeader + nameLength;
            if (!NinePReader.IsName(entry + EntryHeader, nameLength))
                continue;
            if (!Put(message, *(ulong*)entry, *(ulong*)(entry + 8) + 2, entry[16], entry + EntryHeader, nameLength))
                break;
        }

        Finish(device, state, message);
    }

    private static void Finish(VirtioDevice* device, VirtioNineP.State* state, NinePMessage* message)
    {
        *(uint*)(message->Reply + CountOffset) = message->ReplyLength - CountOffset - 4;
        VirtioNineP.Send(device, state, message);
    }

    private static bool Put(NinePMessage* message, ulong inode, ulong cookie, uint type, byte* name, uint nameLength)
    {
        if (message->ReplyLength - CountOffset - 4 + ReplyEntryHeader + nameLength > message->Count)
            return false;
        var mode = type == DirectoryType ? NinePTree.TypeDirectory : type == LinkType ? NinePTree.TypeLink : NinePTree.TypeFile;
        message->PutQid(mode, 0, inode);
        message->Put(cookie, 8);
        message->Put(type, 1);
        message->PutText(name, nameLength);
        return true;
    }

    private static byte* DotsText()
    {
        fixed (byte* dots = ".."u8)
            return dots;
    }
}
