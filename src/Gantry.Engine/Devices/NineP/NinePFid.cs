using System.Runtime.InteropServices;

namespace Gantry.Engine.Devices;

/// <summary>What the guest calls a file by.</summary>
public unsafe struct NinePFid
{
    /// <summary>The guest's number.</summary>
    public uint Number;

    /// <summary>Fid table and messages that hold it.</summary>
    public uint References;

    /// <summary>Next of the same bucket.</summary>
    public NinePFid* NextInBucket;

    /// <summary>Where it stands.</summary>
    public NinePNode* Node;

    /// <summary>The host's handle; 0: not open.</summary>
    public ulong Handle;

    /// <summary>User who attached.</summary>
    public uint Owner;

    /// <summary>An open is under way: a second one is refused.</summary>
    public bool Opening;
}

/// <summary>Fids of one mount by number.</summary>
public unsafe struct NinePFidTable
{
    private const uint Buckets = 4096;

    private NinePFid** buckets;

    /// <summary>Makes an empty table.</summary>
    public void Create() => buckets = (NinePFid**)NativeMemory.AllocZeroed(Buckets, (nuint)sizeof(NinePFid*));

    /// <summary>The fid of a number, or null.</summary>
    public readonly NinePFid* Find(uint number)
    {
        for (var fid = buckets[number & (Buckets - 1)]; fid != null; fid = fid->NextInBucket)
        {
            if (fid->Number == number)
                return fid;
        }

        return null;
    }

    /// <summary>Makes a fid with a number nobody has, standing on a node whose reference it takes over; null without memory.</summary>
    public readonly NinePFid* Add(NinePTree* tree, uint number, NinePNode* node, uint owner)
    {
        var fid = (NinePFid*)tree->Pool.Allocate((uint)sizeof(NinePFid));
        if (fid == null)
            return null;
        fid->Number = number;
        fid->References = 1;
        fid->Node = node;
        fid->Owner = owner;
        var bucket = number & (Buckets - 1);
        fid->NextInBucket = buckets[bucket];
        buckets[bucket] = fid;
        return fid;
    }

    /// <summary>Takes a fid out of the table; the caller releases the table's reference.</summary>
    public readonly void Remove(NinePFid* fid)
    {
        var at = buckets + (fid->Number & (Buckets - 1));
        while (*at != fid)
            at = &(*at)->NextInBucket;
        *at = fid->NextInBucket;
    }

    /// <summary>A fid that has a node's file open, or null.</summary>
    public readonly NinePFid* FindOpen(NinePNode* node)
    {
        for (var i = 0u; i < Buckets; i++)
        {
            for (var fid = buckets[i]; fid != null; fid = fid->NextInBucket)
            {
                if (fid->Node == node && fid->Handle != 0)
                    return fid;
            }
        }

        return null;
    }

    /// <summary>Any fid that is left, or null.</summary>
    public readonly NinePFid* First()
    {
        for (var i = 0u; i < Buckets; i++)
        {
            if (buckets[i] != null)
                return buckets[i];
        }

        return null;
    }
}
