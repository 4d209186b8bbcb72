namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>What is to be known of a region's place.</summary>
internal enum RegionState : byte
{
    /// <summary>Nothing is here.</summary>
    Free,

    /// <summary>It is in the module that is being made, or at the host.</summary>
    Pending,

    /// <summary>As <see cref="Pending"/>, but its code was rewritten meanwhile.</summary>
    Stale,

    /// <summary>It runs.</summary>
    Live,

    /// <summary>It was given up; the host has not cleared its table entry yet.</summary>
    Clearing,
}

/// <summary>One translated region: where it is entered, and of which pages it is made.</summary>
internal unsafe struct Region
{
    /// <summary>Most ways in.</summary>
    public const int MaxEntries = 12;

    /// <summary>State.</summary>
    public RegionState State;

    /// <summary>Ways in.</summary>
    public int EntryCount;

    /// <summary>Bytes of its function.</summary>
    public int Size;

    /// <summary>Bytes of all functions of its module.</summary>
    public int ModuleSize;

    /// <summary>Of a live region, the next live one of its module: a ring.</summary>
    public int Fellow;

    /// <summary>Records at which it is entered.</summary>
    public fixed ulong Entries[MaxEntries];

    /// <summary>Number of pages.</summary>
    public int PageCount;

    /// <summary>Indices of the pages in the code cache.</summary>
    public fixed int Pages[RegionGraph.MaxPages];

    /// <summary>First halfword of each page that belongs to it.</summary>
    public fixed short First[RegionGraph.MaxPages];

    /// <summary>Last halfword of each.</summary>
    public fixed short Last[RegionGraph.MaxPages];

    /// <summary>For each page the next region with code of it: 1 + region * MaxPages + its index there; 0: none.</summary>
    public fixed int Next[RegionGraph.MaxPages];
}
