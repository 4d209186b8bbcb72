namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>How a block ends.</summary>
internal enum BlockEnd : byte
{
    /// <summary>Goes on with the instruction behind it.</summary>
    FallThrough,

    /// <summary>A conditional branch.</summary>
    Branch,

    /// <summary>jal, or auipc and jalr.</summary>
    Jump,

    /// <summary>jalr.</summary>
    JumpIndirect,

    /// <summary>The instruction behind it is the interpreter's.</summary>
    Interpret,
}

/// <summary>Straight-line code of a region.</summary>
internal struct RegionBlock
{
    /// <summary>Its page: an index into the region's.</summary>
    public int Page;

    /// <summary>Halfword in the page where it begins.</summary>
    public int Start;

    /// <summary>Halfword behind its last instruction.</summary>
    public int Stop;

    /// <summary>Halfword of its last instruction.</summary>
    public int Last;

    /// <summary>Instructions.</summary>
    public int Count;

    /// <summary>How it ends.</summary>
    public BlockEnd End;

    /// <summary>The block behind it, or -1: the region has none there.</summary>
    public int Next;

    /// <summary>The block a branch or jump goes to, or -1.</summary>
    public int Taken;

    /// <summary>Offset in bytes, from the start of the block's page, of where a branch or jump goes. It may lie outside of the page.</summary>
    public int TakenOffset;

    /// <summary>Ends in auipc and jalr to a known place: a jump to <see cref="TakenOffset"/>.</summary>
    public bool IsFar;

    /// <summary>Index among the blocks that the region can be entered at or that the dispatcher leads to; -1: none of them.</summary>
    public int Dispatch;

    /// <summary>Whether the region is entered here.</summary>
    public bool IsEntry;

    /// <summary>Ends in an indirect jump that is no call: it may go to a <see cref="IsReturnPoint"/>.</summary>
    public bool IsReturn;

    /// <summary>Behind a call whose callee is in the region: returns look whether they go here.</summary>
    public bool IsReturnPoint;

    /// <summary>Position in reverse postorder; 0 is the dispatcher's.</summary>
    public int Order;

    /// <summary>Order of its immediate dominator.</summary>
    public int Dominator;

    /// <summary>Some jump goes back to it: it begins a loop.</summary>
    public bool IsHeader;

    /// <summary>More than one block goes forward to it.</summary>
    public bool IsMerge;
}
