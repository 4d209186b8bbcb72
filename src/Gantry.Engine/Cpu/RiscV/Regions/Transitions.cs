namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Templates of what happens between blocks, where it is more than a jump. The interpreter's own functions say how.</summary>
internal static unsafe class Transitions
{
    /// <summary>To a page of this region: it must be the one mapped there now.</summary>
    [WasmTemplate]
    public static void EnterPage()
    {
        var hart = Hole.Hart();
        var target = hart->PageAddress + Hole.Offset();
        var entry = Tlb.ExecuteEntry(hart, target);
        if (Hole.Left() <= 0 || entry->Tag != (target & Tlb.PageMask) || entry->Slots != Hole.TargetSlots())
            Hole.LeaveFor(target);
        hart->PageAddress = target & Tlb.PageMask;
        hart->PageSlots = Hole.TargetSlots();
    }

    /// <summary>To a page that is none of this region.</summary>
    [WasmTemplate]
    public static void LeavePage() => Hole.JumpTo(Hole.Hart()->PageAddress + Hole.Offset());

    /// <summary>Where an indirect jump goes: sets the next record, and the page.</summary>
    [WasmTemplate]
    public static void JumpIndirect()
    {
        var hart = Hole.Hart();
        Hole.SetNext(Interpreter.Find(hart, Hole.Left() + 1, Hole.Target()));
    }

    /// <summary>Before the first of several loads and stores near each other: looks up where they are, at once. All in one page, or the interpreter takes the first.</summary>
    [WasmTemplate]
    public static void FindPlace<TStores>()
        where TStores : struct, IStoresChoice
    {
        var address = Hole.Rs1() + (ulong)Hole.Immediate();
        var entry = Tlb.Entry(Hole.DataTlb(), address);
        // What can be stored to can be loaded from (privileged specification, table 4.5: W without R is reserved).
        if (address - (TStores.Any ? entry->WriteTag : entry->ReadTag) > Hole.LastOffset())
            Hole.Interpret();
        Hole.SetPlace((byte*)((nuint)address + entry->Addend));
    }

    /// <summary>The slice ends before the next record, which is on the page being executed.</summary>
    [WasmTemplate]
    public static void Stop()
    {
        var hart = Hole.Hart();
        hart->Pc = hart->AddressOf(Hole.Next());
        hart->Left = Hole.Left();
        Hole.SetNext(&hart->Exit);
    }
}

/// <summary>Whether there is a store among the accesses that <see cref="Transitions.FindPlace"/> is for.</summary>
internal interface IStoresChoice
{
    /// <summary>There is.</summary>
    static abstract bool Any { get; }
}

/// <summary>Loads only.</summary>
internal readonly struct LoadsOnly : IStoresChoice
{
    /// <inheritdoc/>
    public static bool Any => false;
}

/// <summary>Stores, and perhaps loads.</summary>
internal readonly struct WithStores : IStoresChoice
{
    /// <inheritdoc/>
    public static bool Any => true;
}
