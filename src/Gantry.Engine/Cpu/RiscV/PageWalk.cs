namespace Gantry.Engine.Cpu.RiscV;

/// <summary>What an access wants to do.</summary>
public enum Access
{
    /// <summary>Load.</summary>
    Read,

    /// <summary>Store or atomic.</summary>
    Write,

    /// <summary>Instruction fetch.</summary>
    Execute,
}

/// <summary>Bits of a page table entry (privileged specification, 4.4.1).</summary>
public static class PteBits
{
    /// <summary>Valid.</summary>
    public const ulong V = 1;

    /// <summary>Readable.</summary>
    public const ulong R = 2;

    /// <summary>Writable.</summary>
    public const ulong W = 4;

    /// <summary>Executable.</summary>
    public const ulong X = 8;

    /// <summary>User.</summary>
    public const ulong U = 16;

    /// <summary>Global: the same in all address spaces.</summary>
    public const ulong G = 32;

    /// <summary>Accessed.</summary>
    public const ulong A = 64;

    /// <summary>Dirty.</summary>
    public const ulong D = 128;

    /// <summary>Bits 63:54: N, PBMT and reserved ones, which must be zero without Svnapot and Svpbmt.</summary>
    public const ulong Reserved = 0xFFC0_0000_0000_0000;
}

/// <summary>A translation that was found.</summary>
public struct Translation
{
    /// <summary>Physical address.</summary>
    public ulong Address;

    /// <summary>Page table entry, with A and D as they are now.</summary>
    public ulong Entry;

    /// <summary>0: a 4 KiB page; more: a superpage.</summary>
    public int Level;
}

/// <summary>Virtual address translation: Bare, Sv39 and Sv48 (privileged specification, 4.3 to 4.5).</summary>
public static unsafe class PageWalk
{
    /// <summary>satp.MODE values.</summary>
    public const uint Bare = 0, Sv39 = 8, Sv48 = 9;

    private const ulong AllPermissions = PteBits.V | PteBits.R | PteBits.W | PteBits.X | PteBits.A | PteBits.D;

    /// <summary>Translates, and sets A and D as a hardware walker does.</summary>
    /// <returns>0, or the cause of the trap to raise.</returns>
    public static uint Translate(Hart* hart, ulong address, Access access, Translation* result)
    {
        var mode = (uint)(hart->AddressTranslation >> 60);
        if (mode == Bare)
        {
            result->Address = address;
            result->Entry = AllPermissions | (hart->Mode == Privilege.User ? PteBits.U : 0);
            result->Level = 0;
            return 0;
        }

        var levels = mode == Sv48 ? 4 : 3;
        // Bits above the virtual address must all equal its top bit.
        var unused = 64 - (12 + (levels * 9));
        if ((ulong)((long)(address << unused) >> unused) != address)
            return PageFault(access);
        var table = (hart->AddressTranslation & 0xFFF_FFFF_FFFF) << 12;
        for (var level = levels - 1; level >= 0; level--)
        {
            // RAM is whole pages: an aligned entry that begins in it ends in it.
            var offset = table + (((address >> (12 + (9 * level))) & 511) * 8) - hart->RamStart;
            if (offset >= hart->RamSize)
                return AccessFault(access);
            var slot = (ulong*)(hart->Ram + (nuint)offset);
            var entry = *slot;
            if ((entry & PteBits.V) == 0 || (entry & (PteBits.R | PteBits.W)) == PteBits.W || (entry & PteBits.Reserved) != 0)
                return PageFault(access);
            if ((entry & (PteBits.R | PteBits.X)) == 0)
            {
                // A, D and U are reserved in pointers to the next level.
                if ((entry & (PteBits.A | PteBits.D | PteBits.U)) != 0)
                    return PageFault(access);
                table = ((entry >> 10) & 0xFFF_FFFF_FFFF) << 12;
                continue;
            }

            var offsetMask = (1UL << (12 + (9 * level))) - 1;
            var page = ((entry >> 10) & 0xFFF_FFFF_FFFF) << 12;
            if (!IsAllowed(hart, entry, access) || (page & offsetMask) != 0)
                return PageFault(access);
            var marked = entry | PteBits.A | (access == Access.Write ? PteBits.D : 0);
            if (marked != entry)
            {
                *slot = marked;
                hart->Machine->Memory.NoteWrite(table, 8);
            }

            result->Address = page | (address & offsetMask);
            result->Entry = marked;
            result->Level = level;
            return 0;
        }

        return PageFault(access);
    }

    /// <summary>Whether the mode, SUM and MXR let this leaf be used.</summary>
    public static bool IsAllowed(Hart* hart, ulong entry, Access access)
    {
        if (hart->Mode == Privilege.User)
        {
            if ((entry & PteBits.U) == 0)
                return false;
        }
        else if ((entry & PteBits.U) != 0 && (access == Access.Execute || (hart->Status & StatusBits.SUM) == 0))
        {
            return false;
        }

        return access switch
        {
            Access.Read => (entry & PteBits.R) != 0 || ((entry & PteBits.X) != 0 && (hart->Status & StatusBits.MXR) != 0),
            Access.Write => (entry & PteBits.W) != 0,
            _ => (entry & PteBits.X) != 0,
        };
    }

    /// <summary>Cause of a page fault.</summary>
    public static uint PageFault(Access access) => access switch { Access.Read => Cause.LoadPageFault, Access.Write => Cause.StorePageFault, _ => Cause.InstructionPageFault };

    /// <summary>Cause of an access fault.</summary>
    public static uint AccessFault(Access access) => access switch { Access.Read => Cause.LoadAccessFault, Access.Write => Cause.StoreAccessFault, _ => Cause.InstructionAccessFault };
}
