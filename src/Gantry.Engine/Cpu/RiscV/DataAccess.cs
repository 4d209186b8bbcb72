using System.Numerics;
using Gantry.Engine.Memory;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Loads and stores that the TLB's fast path does not serve: first touch, misaligned, device, code page, fault.</summary>
public static unsafe class DataAccess
{
    /// <summary>Does a load; the value is left in <see cref="CodeCache.Loaded"/>.</summary>
    /// <returns>Null when done, otherwise the record to go on with after a trap.</returns>
    [WasmSeldom]
    public static Insn* LoadSlow(Hart* hart, Insn* insn, int left, int bytes, ulong address)
    {
        hart->Left = left;
        ulong value = 0;
        uint cause;
        var faultAddress = address;
        if ((address & 0xFFF) + (ulong)bytes <= 4096)
        {
            cause = LoadPart(hart, address, bytes, &value);
        }
        else
        {
            var first = (int)(4096 - (address & 0xFFF));
            ulong high = 0;
            cause = LoadPart(hart, address, first, &value);
            if (cause == 0)
            {
                faultAddress = address + (ulong)first;
                cause = LoadPart(hart, faultAddress, bytes - first, &high);
            }

            value |= high << (first * 8);
        }

        if (cause != 0)
        {
            hart->Code.Completed = false;
            return Trap.At(hart, insn, left, cause, faultAddress);
        }

        hart->Code.Loaded = value;
        return null;
    }

    /// <summary>Does a store.</summary>
    /// <returns>
    /// Null when done, otherwise the record to go on with: after a trap, or after a store that may have changed what must be looked at between
    /// instructions (<see cref="CodeCache.Completed"/> tells).
    /// </returns>
    [WasmSeldom]
    public static Insn* StoreSlow(Hart* hart, Insn* insn, int left, int halfwords, int bytes, ulong address, ulong value)
    {
        hart->Left = left;
        hart->Code.Completed = false;
        Translation first, second;
        var cause = PageWalk.Translate(hart, address, Access.Write, &first);
        if (cause != 0)
            return Trap.At(hart, insn, left, cause, address);
        var inFirst = (int)Math.Min((ulong)bytes, 4096 - (address & 0xFFF));
        if (inFirst < bytes)
        {
            // Both pages must allow it before either is changed.
            cause = PageWalk.Translate(hart, address + (ulong)inFirst, Access.Write, &second);
            if (cause == 0 && !hart->Machine->Memory.Contains(second.Address, (ulong)(bytes - inFirst)))
                cause = Cause.StoreAccessFault;
            if (cause != 0)
                return Trap.At(hart, insn, left, cause, address + (ulong)inFirst);
            if (!hart->Machine->Memory.Contains(first.Address, (ulong)inFirst))
                return Trap.At(hart, insn, left, Cause.StoreAccessFault, address);
            StoreRam(hart, &first, address, value, inFirst);
            StoreRam(hart, &second, address + (ulong)inFirst, value >> (inFirst * 8), bytes - inFirst);
            return null;
        }

        if (hart->Machine->Memory.Contains(first.Address, (ulong)bytes))
        {
            StoreRam(hart, &first, address, value, bytes);
            return null;
        }

        if (!Bus.Write(hart->Machine, first.Address, bytes, value))
            return Trap.At(hart, insn, left, Cause.StoreAccessFault, address);
        // The device may have raised an interrupt or asked for the host.
        hart->Code.Completed = true;
        return Interpreter.Finish(hart, left, hart->AddressOf(insn) + (ulong)(halfwords * 2));
    }

    /// <summary>The load of LR: aligned, and reported as a load when it fails (privileged specification, 4.1.8).</summary>
    [WasmSeldom]
    public static Insn* LoadReserved(Hart* hart, Insn* insn, int left, int bytes, ulong address) =>
        (address & (ulong)(bytes - 1)) != 0
            ? Trap.At(hart, insn, left, Cause.LoadMisaligned, address)
            : LoadSlow(hart, insn, left, bytes, address);

    /// <summary>The load of an atomic: aligned, in RAM, and allowed to be written.</summary>
    [WasmSeldom]
    public static Insn* LoadForAtomic(Hart* hart, Insn* insn, int left, int bytes, ulong address)
    {
        hart->Left = left;
        if ((address & (ulong)(bytes - 1)) != 0)
            return Trap.At(hart, insn, left, Cause.StoreMisaligned, address);
        var entry = Tlb.Entry(hart->DataTlb, address);
        if ((address & Tlb.PageMask) == entry->WriteTag)
        {
            var host = (byte*)((nuint)address + entry->Addend);
            hart->Code.Loaded = bytes == 4 ? *(uint*)host : *(ulong*)host;
            return null;
        }

        Translation translation;
        var cause = PageWalk.Translate(hart, address, Access.Write, &translation);
        // An atomic reads too (unprivileged specification, 8.4); a page that is writable is readable.
        var ram = cause == 0 ? hart->Machine->Memory.TryMap(translation.Address, (ulong)bytes) : null;
        if (ram == null)
            return Trap.At(hart, insn, left, cause != 0 ? cause : Cause.StoreAccessFault, address);
        hart->Code.Loaded = bytes == 4 ? *(uint*)ram : *(ulong*)ram;
        Fill(hart, &translation, address);
        return null;
    }

    private static uint LoadPart(Hart* hart, ulong address, int bytes, ulong* value)
    {
        var entry = Tlb.Entry(hart->DataTlb, address);
        if ((address & Tlb.PageMask) == entry->ReadTag)
        {
            *value = LoadRam((byte*)((nuint)address + entry->Addend), bytes);
            return 0;
        }

        Translation translation;
        var cause = PageWalk.Translate(hart, address, Access.Read, &translation);
        if (cause != 0)
            return cause;
        var ram = hart->Machine->Memory.TryMap(translation.Address, (ulong)bytes);
        if (ram != null)
        {
            *value = LoadRam(ram, bytes);
            Fill(hart, &translation, address);
            return 0;
        }

        return BitOperations.IsPow2(bytes) && Bus.Read(hart->Machine, translation.Address, bytes, value) ? 0 : Cause.LoadAccessFault;
    }

    private static ulong LoadRam(byte* host, int bytes)
    {
        switch (bytes)
        {
            case 1: return *host;
            case 2: return *(ushort*)host;
            case 4: return *(uint*)host;
            case 8: return *(ulong*)host;
        }

        ulong value = 0;
        for (var i = 0; i < bytes; i++)
            value |= (ulong)host[i] << (i * 8);
        return value;
    }

    private static void StoreRam(Hart* hart, Translation* translation, ulong address, ulong value, int bytes)
    {
        var host = hart->Ram + (nuint)(translation->Address - hart->RamStart);
        switch (bytes)
        {
            case 1: *host = (byte)value; break;
            case 2: *(ushort*)host = (ushort)value; break;
            case 4: *(uint*)host = (uint)value; break;
            case 8: *(ulong*)host = value; break;
            default:
                for (var i = 0; i < bytes; i++)
                    host[i] = (byte)(value >> (i * 8));
                break;
        }

        var page = (translation->Address - hart->RamStart) >> GuestMemory.PageShift;
        if ((hart->Machine->Memory.PageFlags[page] & (byte)PageFlags.HasCode) != 0)
            CodeCache.BytesWritten(hart, (uint)page, (int)(translation->Address & 0xFFF), bytes);
        Fill(hart, translation, address);
    }

    // Lets the fast path serve this page from now on, as far as permissions and dirty bits go.
    private static void Fill(Hart* hart, Translation* translation, ulong address)
    {
        var physicalPage = translation->Address & Tlb.PageMask;
        var virtualPage = address & Tlb.PageMask;
        Tlb.Note(hart, translation, address);
        var entry = Tlb.Entry(hart->DataTlb, address);
        entry->Addend = (nuint)(hart->Ram + (nuint)(physicalPage - hart->RamStart)) - (nuint)virtualPage;
        entry->ReadTag = PageWalk.IsAllowed(hart, translation->Entry, Access.Read) ? virtualPage : Tlb.Unused(address);
        var flags = hart->Machine->Memory.PageFlags[(physicalPage - hart->RamStart) >> GuestMemory.PageShift];
        var writable = (translation->Entry & PteBits.D) != 0 && PageWalk.IsAllowed(hart, translation->Entry, Access.Write);
        entry->WriteTag = writable && (flags & (byte)PageFlags.HasCode) == 0 ? virtualPage : Tlb.Unused(address);
    }
}
