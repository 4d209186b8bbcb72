using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>One translation for loads and stores. 32 bytes on every host.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct TlbEntry
{
    /// <summary>Bytes of an entry: 1 &lt;&lt; (12 - 7), which <see cref="Tlb.Entry"/> relies on.</summary>
    public const int Size = 32;

    /// <summary>Virtual page address when loads may go straight to RAM, else one that serves no address of this entry: <see cref="Tlb.Unused"/>, or <see cref="Tlb.Invalid"/> where that does.</summary>
    [FieldOffset(0)]
    public ulong ReadTag;

    /// <summary>The same for stores; never set for pages that code was decoded from.</summary>
    [FieldOffset(8)]
    public ulong WriteTag;

    /// <summary>What to add to a virtual address, modulo the host's pointer size, to get the host address.</summary>
    [FieldOffset(16)]
    public nuint Addend;
}

/// <summary>One translation for jumps.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public unsafe struct ExecuteTlbEntry
{
    /// <summary>Virtual page address, or <see cref="Tlb.Invalid"/>.</summary>
    [FieldOffset(0)]
    public ulong Tag;

    /// <summary>First record of the decoded page.</summary>
    [FieldOffset(8)]
    public Insn* Slots;
}

/// <summary>
/// The software TLB. Direct-mapped, one set for each way in which permissions differ, so that changing mode only changes a pointer:
/// user; supervisor; supervisor with SUM. (MXR changes are rare and flush.)
/// </summary>
/// <remarks>
/// Misaligned accesses miss because the low address bits are part of the comparison: they are served by the slow path.
/// </remarks>
public static unsafe class Tlb
{
    /// <summary>Entries of a set.</summary>
    public const int Entries = 1024;

    /// <summary>Entries of a set of the execute TLB.</summary>
    public const int ExecuteEntries = 1024;

    /// <summary>The bits of an address above the page offset.</summary>
    public const ulong PageMask = ~0xFFFUL;

    /// <summary>A tag that equals no masked address: accesses keep at most bits 0-2 of the page offset. All ones, so that a flush is one fill.</summary>
    public const ulong Invalid = ulong.MaxValue;

    /// <summary>
    /// A tag of the entry that serves an address that neither equals a masked address there nor has one in the 4096 bytes from it on, for who looks at the distance
    /// (<see cref="Regions.Transitions.FindPlace{TStores}"/>): the neighbour's page. <see cref="Invalid"/> is as good but in the first entry and the last.
    /// </summary>
    public static ulong Unused(ulong address) => (address & PageMask) ^ 0x1000;

    private const int Sets = 3, SupervisorSet = 1, SupervisorUserSet = 2;
    private const int ExecuteSets = 2;

    /// <summary>Which entry serves an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Index(ulong address) => (int)(uint)(address >> 12) & (Entries - 1);

    /// <summary>The entry of a set that serves an address. (Shifted once: an index would be shifted back.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TlbEntry* Entry(TlbEntry* set, ulong address) => (TlbEntry*)((byte*)set + (((uint)address >> 7) & ((Entries - 1) * TlbEntry.Size)));

    /// <summary>The entry that serves jumps to an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExecuteTlbEntry* ExecuteEntry(Hart* hart, ulong address) => hart->ExecuteTlb + ((int)(uint)(address >> 12) & (ExecuteEntries - 1));

    /// <summary>Allocates the sets, empty.</summary>
    public static void Create(Hart* hart)
    {
        hart->Tlbs = (TlbEntry*)NativeMemory.AllocZeroed(Sets * Entries, (nuint)sizeof(TlbEntry));
        hart->ExecuteTlbs = (ExecuteTlbEntry*)NativeMemory.AllocZeroed(ExecuteSets * ExecuteEntries, (nuint)sizeof(ExecuteTlbEntry));
        hart->TlbUsed = true;
        hart->GlobalTlbUsed = true;
        Flush(hart);
        Select(hart);
    }

    /// <summary>Points the hart at the set for its present mode.</summary>
    public static void Select(Hart* hart)
    {
        var set = hart->Mode == Privilege.User ? 0 : (hart->Status & StatusBits.SUM) == 0 ? SupervisorSet : SupervisorUserSet;
        hart->DataTlb = hart->Tlbs + (set * Entries);
        // SUM never lets S-mode execute user pages: both supervisor sets share one execute TLB.
        hart->ExecuteTlb = hart->ExecuteTlbs + ((set == 0 ? 0 : 1) * ExecuteEntries);
    }

    /// <summary>Forgets all translations.</summary>
    public static void Flush(Hart* hart)
    {
        FlushAddressSpace(hart);
        if (!hart->GlobalTlbUsed)
            return;
        hart->GlobalTlbUsed = false;
        hart->SupervisorPrivate = false;
        Forget(hart, SupervisorSet, 1);
    }

    /// <summary>
    /// Forgets the translations of the present address space, global ones aside (privileged specification, 4.2.1 and 4.3.1, the G bit). S-mode without SUM reaches only
    /// supervisor pages, which kernels make global: its set outlives changes of the address space.
    /// </summary>
    public static void FlushAddressSpace(Hart* hart)
    {
        if (hart->SupervisorPrivate)
        {
            hart->SupervisorPrivate = false;
            Forget(hart, SupervisorSet, 1);
        }

        if (!hart->TlbUsed)
            return;
        hart->TlbUsed = false;
        hart->UserSuperpages = false;
        Forget(hart, 0, 0);
        Forget(hart, SupervisorUserSet, -1);
    }

    /// <summary>A translation is about to be kept: what later flushes must know of it.</summary>
    public static void Note(Hart* hart, Translation* translation, ulong address)
    {
        if (translation->Level != 0 && (address >> 63) == 0)
            hart->UserSuperpages = true;
        if (hart->DataTlb != hart->Tlbs + (SupervisorSet * Entries))
            hart->TlbUsed = true;
        // Both supervisor sets share the execute TLB.
        if (hart->Mode == Privilege.Supervisor)
        {
            hart->GlobalTlbUsed = true;
            if ((translation->Entry & PteBits.G) == 0 && (translation->Entry & PteBits.U) == 0)
                hart->SupervisorPrivate = true;
        }
    }

    /// <summary>sfence.vma with an address: forgets what may have come from its leaf entry.</summary>
    public static void FlushAddress(Hart* hart, ulong address)
    {
        // An entry of a superpage stands under each 4 KiB page of it that was used. Kernels map theirs with superpages.
        if ((address >> 63) != 0 || hart->UserSuperpages)
        {
            Flush(hart);
            return;
        }

        for (var set = 0; set < Sets; set++)
        {
            var entry = hart->Tlbs + (set * Entries) + Index(address);
            entry->ReadTag = Unused(address);
            entry->WriteTag = Unused(address);
        }

        for (var set = 0; set < ExecuteSets; set++)
            hart->ExecuteTlbs[(set * ExecuteEntries) + ((int)(address >> 12) & (ExecuteEntries - 1))].Tag = Invalid;
    }

    // One set of the data TLB, and one of the execute TLB unless it is -1.
    private static void Forget(Hart* hart, int set, int executeSet)
    {
        var entries = hart->Tlbs + (set * Entries);
        NativeMemory.Fill(entries, (nuint)(Entries * sizeof(TlbEntry)), 0xFF);
        foreach (var address in (ReadOnlySpan<ulong>)[0, Invalid])
        {
            Entry(entries, address)->ReadTag = Unused(address);
            Entry(entries, address)->WriteTag = Unused(address);
        }

        if (executeSet >= 0)
            NativeMemory.Fill(hart->ExecuteTlbs + (executeSet * ExecuteEntries), (nuint)(ExecuteEntries * sizeof(ExecuteTlbEntry)), 0xFF);
    }

    /// <summary>No store may go straight to this page of RAM any more.</summary>
    public static void ProtectPage(Hart* hart, byte* page)
    {
        for (var i = 0; i < Sets * Entries; i++)
        {
            var entry = hart->Tlbs + i;
            if ((nuint)entry->WriteTag + entry->Addend == (nuint)page)
                entry->WriteTag = Unused((ulong)i << 12);
        }
    }

    /// <summary>No jump may go straight to these records any more.</summary>
    public static void ForgetCode(Hart* hart, Insn* slots)
    {
        for (var i = 0; i < ExecuteSets * ExecuteEntries; i++)
        {
            if (hart->ExecuteTlbs[i].Slots == slots)
                hart->ExecuteTlbs[i].Tag = Invalid;
        }
    }
}
