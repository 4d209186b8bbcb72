using System.Runtime.CompilerServices;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>The fast path of loads and stores: the TLB's entry serves them, or nothing was done.</summary>
internal static unsafe class MemoryAccess
{
    /// <summary>Loads, zero-extended; false when the entry does not serve this address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad<TWidth>(TlbEntry* tlb, ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        var entry = Tlb.Entry(tlb, address);
        if ((address & (Tlb.PageMask | (ulong)(TWidth.Bytes - 1))) != entry->ReadTag)
        {
            value = 0;
            return false;
        }

        value = Read<TWidth>((byte*)((nuint)address + entry->Addend));
        return true;
    }

    /// <summary>Loads for an atomic: as <see cref="TryLoad"/>, where stores are served too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadForWriting<TWidth>(TlbEntry* tlb, ulong address, out ulong value)
        where TWidth : struct, IWidth
    {
        var entry = Tlb.Entry(tlb, address);
        if ((address & (Tlb.PageMask | (ulong)(TWidth.Bytes - 1))) != entry->WriteTag)
        {
            value = 0;
            return false;
        }

        value = Read<TWidth>((byte*)((nuint)address + entry->Addend));
        return true;
    }

    /// <summary>Stores; false when the entry does not serve this address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore<TWidth>(TlbEntry* tlb, ulong address, ulong value)
        where TWidth : struct, IWidth
    {
        var entry = Tlb.Entry(tlb, address);
        if ((address & (Tlb.PageMask | (ulong)(TWidth.Bytes - 1))) != entry->WriteTag)
            return false;
        Write<TWidth>((byte*)((nuint)address + entry->Addend), value);
        return true;
    }

    /// <summary>Bytes of RAM, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read<TWidth>(byte* host)
        where TWidth : struct, IWidth
        => TWidth.Bytes switch { 1 => *host, 2 => *(ushort*)host, 4 => *(uint*)host, _ => *(ulong*)host };

    /// <summary>Writes low bytes to RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TWidth>(byte* host, ulong value)
        where TWidth : struct, IWidth
    {
        if (TWidth.Bytes == 1)
            *host = (byte)value;
        else if (TWidth.Bytes == 2)
            *(ushort*)host = (ushort)value;
        else if (TWidth.Bytes == 4)
            *(uint*)host = (uint)value;
        else
            *(ulong*)host = value;
    }
}
