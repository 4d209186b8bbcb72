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
            Hole.Exit(Interpreter.JumpFar(hart, Hole.Left() + 1, target));
        hart->PageAddress = target & Tlb.PageMask;
        hart->PageSlots = Hole.TargetSlots();
    }

    /// <summary>To a page that is none of this region.</summary>
    [WasmTemplate]
    public static void LeavePage()
    {
        var hart = Hole.Hart();
        Hole.Exit(Interpreter.FindFar(hart, Hole.Left() + 1, hart->PageAddress + Hole.Offset()));
    }

    /// <summary>Where an indirect jump goes: sets the next record, and the page.</summary>
    [WasmTemplate]
    public static void JumpIndirect()
    {
        var hart = Hole.Hart();
        Hole.SetNext(Interpreter.Find(hart, Hole.Left() + 1, Hole.Target()));
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
