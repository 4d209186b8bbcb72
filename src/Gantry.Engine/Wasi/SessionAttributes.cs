namespace Gantry.Engine.Wasi;

/// <summary>What chmod and chown set and WASI cannot keep: remembered until the module ends.</summary>
internal struct SessionNode
{
    public ulong Key;
    public uint Mode;
    public uint Owner;
    public uint Group;
}

/// <summary>A hash table from files (mount and inode number) to <see cref="SessionNode"/>, open addressing, at most half full.</summary>
internal unsafe struct SessionAttributes
{
    private const uint FirstCapacity = 1024;
    private const uint MaxCapacity = 1 << 21;
    private const ulong Removed = ulong.MaxValue;

    private SessionNode* nodes;
    private uint capacity;
    private uint used;

    /// <summary>Nothing is remembered.</summary>
    public readonly bool IsEmpty => used == 0;

    /// <summary>A key for a file; never 0.</summary>
    public static ulong KeyOf(uint mount, ulong inode)
    {
        var key = (inode + 1) * 0x9E3779B97F4A7C15UL ^ mount;
        return key == 0 || key == Removed ? 1 : key;
    }

    /// <summary>What is remembered, or null.</summary>
    public readonly SessionNode* Find(ulong key)
    {
        if (capacity == 0)
            return null;
        for (var i = (uint)(key >> 32) & (capacity - 1); nodes[i].Key != 0; i = (i + 1) & (capacity - 1))
        {
            if (nodes[i].Key == key)
                return nodes + i;
        }

        return null;
    }

    /// <summary>Remembers; when two million files are remembered already, it does not.</summary>
    public void Set(ulong key, uint mode, uint owner, uint group)
    {
        var node = Find(key);
        if (node == null)
        {
            if (used * 2 >= capacity && !Grow())
                return;
            node = Place(key);
            used++;
        }

        node->Mode = mode;
        node->Owner = owner;
        node->Group = group;
    }

    /// <summary>Forgets: the file is gone and its number may come again.</summary>
    public readonly void Remove(ulong key)
    {
        var node = Find(key);
        if (node != null)
            node->Key = Removed;
    }

    private readonly SessionNode* Place(ulong key)
    {
        var i = (uint)(key >> 32) & (capacity - 1);
        while (nodes[i].Key != 0)
            i = (i + 1) & (capacity - 1);
        nodes[i].Key = key;
        return nodes + i;
    }

    private bool Grow()
    {
        var old = nodes;
        var oldCapacity = capacity;
        if (capacity == MaxCapacity)
            return false;
        capacity = capacity == 0 ? FirstCapacity : capacity * 2;
        nodes = (SessionNode*)Allocation.Bytes(capacity * (uint)sizeof(SessionNode));
        used = 0;
        for (uint i = 0; i < oldCapacity; i++)
        {
            if (old[i].Key == 0 || old[i].Key == Removed)
                continue;
            *Place(old[i].Key) = old[i];
            used++;
        }

        return true;
    }
}
