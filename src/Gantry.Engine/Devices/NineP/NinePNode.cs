using System.Runtime.InteropServices;
using Gantry.Engine.Host;
using Gantry.Engine.Memory;

namespace Gantry.Engine.Devices;

/// <summary>A name in the mount that some fid stands on or below. One node a path, so that a rename moves all fids at once.</summary>
public unsafe struct NinePNode
{
    /// <summary>The directory it is in; null for the root.</summary>
    public NinePNode* Parent;

    /// <summary>Next node of the same hash bucket.</summary>
    public NinePNode* NextInBucket;

    /// <summary>The name's bytes.</summary>
    public byte* Name;

    /// <summary>Their number, at most 255.</summary>
    public uint NameLength;

    /// <summary>Fids, messages and children that hold it.</summary>
    public uint References;

    /// <summary>The host's inode number.</summary>
    public ulong Inode;

    /// <summary>Type and permission bits when last seen.</summary>
    public uint Mode;

    /// <summary>Version when last seen.</summary>
    public uint Version;

    /// <summary>The name was unlinked or replaced: paths through it are gone.</summary>
    public bool Removed;

    /// <summary>Whether it was a directory when last seen.</summary>
    public readonly bool IsDirectory => (Mode & NinePTree.TypeMask) == NinePTree.TypeDirectory;
}

/// <summary>The nodes of one mount.</summary>
public unsafe struct NinePTree
{
    /// <summary>S_IFMT.</summary>
    public const uint TypeMask = 0xF000;

    /// <summary>S_IFDIR.</summary>
    public const uint TypeDirectory = 0x4000;

    /// <summary>S_IFREG.</summary>
    public const uint TypeFile = 0x8000;

    /// <summary>S_IFLNK.</summary>
    public const uint TypeLink = 0xA000;

    /// <summary>Longest name.</summary>
    public const uint MaxName = 255;

    private const uint Buckets = 8192;

    /// <summary>Memory of nodes, names and fids.</summary>
    public NinePPool Pool;

    /// <summary>The mount's root; made with the device, never released.</summary>
    public NinePNode* Root;

    private NinePNode** buckets;

    /// <summary>Makes the tree with its root.</summary>
    public void Create()
    {
        Pool.Create();
        buckets = (NinePNode**)NativeMemory.AllocZeroed(Buckets, (nuint)sizeof(NinePNode*));
        Root = (NinePNode*)Pool.Allocate((uint)sizeof(NinePNode));
        Root->References = 1;
        Root->Mode = TypeDirectory;
    }

    /// <summary>The node of a name, made when there is none yet, with one more reference; null when memory is exhausted.</summary>
    public NinePNode* Acquire(NinePNode* parent, byte* name, uint length)
    {
        var node = Find(parent, name, length);
        if (node != null)
        {
            node->References++;
            return node;
        }

        node = (NinePNode*)Pool.Allocate((uint)sizeof(NinePNode));
        if (node == null)
            return null;
        node->Name = Pool.Allocate(Math.Max(length, 1));
        if (node->Name == null)
        {
            Pool.Release((byte*)node, (uint)sizeof(NinePNode));
            return null;
        }

        Buffer.MemoryCopy(name, node->Name, length, length);
        node->NameLength = length;
        node->Parent = parent;
        node->References = 1;
        parent->References++;
        Link(node);
        return node;
    }

    /// <summary>One reference less; an unused node goes, and so may those above it.</summary>
    public void Release(NinePNode* node)
    {
        while (node != null && --node->References == 0)
        {
            var parent = node->Parent;
            if (!node->Removed)
                Unlink(node);
            Pool.Release(node->Name, Math.Max(node->NameLength, 1));
            Pool.Release((byte*)node, (uint)sizeof(NinePNode));
            node = parent;
        }
    }

    /// <summary>The name is gone; who stands on it keeps open files only.</summary>
    public void Remove(NinePNode* parent, byte* name, uint length)
    {
        var node = Find(parent, name, length);
        if (node == null)
            return;
        Unlink(node);
        node->Removed = true;
    }

    /// <summary>The host renamed: moves the node, if there is one, and all that is below it.</summary>
    public void Rename(NinePNode* parent, byte* name, uint length, NinePNode* newParent, byte* newName, uint newLength)
    {
        var node = Find(parent, name, length);
        if (node != null && node == Find(newParent, newName, newLength))
            return;
        Remove(newParent, newName, newLength);
        if (node == null)
            return;
        var copy = Pool.Allocate(Math.Max(newLength, 1));
        Unlink(node);
        if (copy == null || IsBelow(newParent, node))
        {
            // Without memory for the name the fids on it are lost, as if it had been removed.
            node->Removed = true;
            return;
        }

        Pool.Release(node->Name, Math.Max(node->NameLength, 1));
        Buffer.MemoryCopy(newName, copy, newLength, newLength);
        node->Name = copy;
        node->NameLength = newLength;
        newParent->References++;
        var old = node->Parent;
        node->Parent = newParent;
        Link(node);
        Release(old);
    }

    /// <summary>
    /// Writes the path of a node, and of a name below it if <paramref name="nameLength"/> is not 0, to <paramref name="target"/>
    /// (<see cref="HostInterface.MaxPath"/> bytes). Returns its length, or minus a Linux errno.
    /// </summary>
    public static int WritePath(NinePNode* node, byte* name, uint nameLength, byte* target)
    {
        var length = nameLength;
        for (var at = node; at->Parent != null; at = at->Parent)
        {
            if (at->Removed)
                return -NinePError.NoEntry;
            length += at->NameLength + (length == 0 ? 0u : 1u);
            if (length > HostInterface.MaxPath)
                return -NinePError.NameTooLong;
        }

        if (length > HostInterface.MaxPath)
            return -NinePError.NameTooLong;
        var end = target + length;
        end -= nameLength;
        Buffer.MemoryCopy(name, end, nameLength, nameLength);
        for (var at = node; at->Parent != null; at = at->Parent)
        {
            if (end != target + length)
                *--end = (byte)'/';
            end -= at->NameLength;
            Buffer.MemoryCopy(at->Name, end, at->NameLength, at->NameLength);
        }

        return (int)length;
    }

    /// <summary>Notes what the host said of a node.</summary>
    public static void Note(NinePNode* node, NodeAttributes* attributes)
    {
        node->Inode = attributes->Inode;
        node->Mode = attributes->Mode;
        node->Version = (uint)(attributes->Version ^ (attributes->Version >> 32));
    }

    private static bool IsBelow(NinePNode* node, NinePNode* ancestor)
    {
        for (; node != null; node = node->Parent)
        {
            if (node == ancestor)
                return true;
        }

        return false;
    }

    private readonly NinePNode* Find(NinePNode* parent, byte* name, uint length)
    {
        for (var node = buckets[Bucket(parent, name, length)]; node != null; node = node->NextInBucket)
        {
            if (node->Parent == parent && node->NameLength == length && Bytes.Equal(node->Name, name, length))
                return node;
        }

        return null;
    }

    private readonly void Link(NinePNode* node)
    {
        var bucket = Bucket(node->Parent, node->Name, node->NameLength);
        node->NextInBucket = buckets[bucket];
        buckets[bucket] = node;
    }

    private readonly void Unlink(NinePNode* node)
    {
        var at = buckets + Bucket(node->Parent, node->Name, node->NameLength);
        while (*at != null && *at != node)
            at = &(*at)->NextInBucket;
        if (*at == node)
            *at = node->NextInBucket;
    }

    // FNV-1a over the parent's address and the name.
    private static uint Bucket(NinePNode* parent, byte* name, uint length)
    {
        var hash = 2166136261u ^ (uint)((nuint)parent >> 4);
        for (var i = 0u; i < length; i++)
            hash = (hash ^ name[i]) * 16777619;
        return (hash ^ (hash >> 15)) & (Buckets - 1);
    }
}
