using System.Runtime.InteropServices;
using Gantry.Engine.Host;

namespace Gantry.Engine.Devices;

/// <summary>A request of the guest that is being worked on, and the reply that is put together.</summary>
public unsafe struct NinePMessage
{
    /// <summary>Bytes of a request that are looked at (all but the data of Twrite).</summary>
    public const uint RequestSize = 9216;

    /// <summary>Bytes of a reply the server itself writes (all but the data of Rread), and of a list from the host.</summary>
    public const uint BufferSize = 8192;

    /// <summary>size, type and tag.</summary>
    public const uint HeaderSize = 7;

    /// <summary>In use.</summary>
    public bool Used;

    /// <summary>The device was reset meanwhile: there will be no reply.</summary>
    public bool Orphaned;

    /// <summary>What is asked.</summary>
    public NinePType Type;

    /// <summary>The guest's name for it.</summary>
    public ushort Tag;

    /// <summary>Request and reply buffers in guest memory.</summary>
    public DescriptorChain Chain;

    /// <summary>The request's first bytes.</summary>
    public byte* Request;

    /// <summary>How many.</summary>
    public uint RequestLength;

    /// <summary>For lists and link texts from the host.</summary>
    public byte* Buffer;

    /// <summary>The reply's first bytes.</summary>
    public byte* Reply;

    /// <summary>How many, header included.</summary>
    public uint ReplyLength;

    /// <summary>Paths for the host, two of <see cref="HostInterface.MaxPath"/> + 1 bytes.</summary>
    public byte* Paths;

    /// <summary>Attributes for or from the host.</summary>
    public NodeAttributes* Attributes;

    /// <summary>The fid it is about; held.</summary>
    public NinePFid* Fid;

    /// <summary>A second fid (a directory); held.</summary>
    public NinePFid* Fid2;

    /// <summary>Where a walk has come to; held.</summary>
    public NinePNode* Node;

    /// <summary>A walk's names still to go.</summary>
    public uint NamesLeft;

    /// <summary>A walk's names done.</summary>
    public uint NamesDone;

    /// <summary>The number of a new fid.</summary>
    public uint NewFid;

    /// <summary>Reads on where an operation in several steps has stopped.</summary>
    public NinePReader Reader;

    /// <summary>Length of the data a Tread or Treaddir may return.</summary>
    public uint Count;

    /// <summary>First cookie of a Treaddir.</summary>
    public ulong Offset;

    /// <summary>A name in the request, for what happens after the host's answer.</summary>
    public byte* Name;

    /// <summary>Its length.</summary>
    public uint NameLength;

    /// <summary>A second name.</summary>
    public byte* Name2;

    /// <summary>Its length.</summary>
    public uint Name2Length;

    /// <summary>Makes the buffers.</summary>
    public void Allocate()
    {
        Chain.Allocate();
        Request = (byte*)NativeMemory.AllocZeroed(RequestSize);
        Buffer = (byte*)NativeMemory.AllocZeroed(BufferSize);
        Reply = (byte*)NativeMemory.AllocZeroed(BufferSize);
        Paths = (byte*)NativeMemory.AllocZeroed(2 * (HostInterface.MaxPath + 1));
        Attributes = (NodeAttributes*)NativeMemory.AllocZeroed((nuint)sizeof(NodeAttributes));
    }

    /// <summary>Begins a reply of the request's type.</summary>
    public void BeginReply() => ReplyLength = HeaderSize;

    /// <summary>Adds a number of <paramref name="size"/> bytes to the reply.</summary>
    public void Put(ulong value, int size)
    {
        if (ReplyLength + (uint)size > BufferSize)
            return;
        for (var i = 0; i < size; i++)
            Reply[ReplyLength++] = (byte)(value >> (8 * i));
    }

    /// <summary>Adds a counted text to the reply.</summary>
    public void PutText(byte* text, uint length)
    {
        length = Math.Min(length, BufferSize - ReplyLength - 2);
        Put(length, 2);
        System.Buffer.MemoryCopy(text, Reply + ReplyLength, length, length);
        ReplyLength += length;
    }

    /// <summary>Adds a qid: type, version, path.</summary>
    public void PutQid(uint mode, uint version, ulong path)
    {
        var type = mode & NinePTree.TypeMask;
        Put(type == NinePTree.TypeDirectory ? 0x80u : type == NinePTree.TypeLink ? 2u : 0u, 1);
        Put(version, 4);
        Put(path, 8);
    }

    /// <summary>Adds the qid of a node.</summary>
    public void PutQid(NinePNode* node) => PutQid(node->Mode, node->Version, node->Inode);
}
