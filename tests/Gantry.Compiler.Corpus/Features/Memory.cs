using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>Pointers, spans, stackalloc, static data, arrays, Unsafe, MemoryMarshal, BinaryPrimitives.</summary>
public static unsafe class Memory
{
    private static ReadOnlySpan<byte> Text => "Grüße, wasm!"u8;

    private static ReadOnlySpan<ushort> Shorts => [1, 2, 3, 500, 65535];

    private static ReadOnlySpan<long> Longs => [long.MinValue, -1, 0, 1, long.MaxValue];

    private static readonly int[] Table = [3, 1, 4, 1, 5, 9, 2, 6];
    private static readonly double[] Reals = [0.5, -1.25, 3];

    [WasmExport("memory_static_data")]
    public static long StaticData(int index) =>
        Text[(index & 0x7FFFFFFF) % Text.Length] + (Shorts[(index & 0xFF) % 5] * 1000L) + Longs[(index & 0xFF) % 5] + Table[index & 7] + (long)(Reals[(index & 0xFF) % 3] * 100);

    [WasmExport("memory_bounds")]
    public static int Bounds(int index, int which) => (which & 3) switch
    {
        0 => Table[index],
        1 => Text[index],
        2 => Table.AsSpan(2, 3)[index],
        _ => Table.AsSpan()[index..].Length,
    };

    [WasmExport("memory_slices")]
    public static int Slices(int start, int length)
    {
        Span<int> span = stackalloc int[10];
        for (int i = 0; i < span.Length; i++) span[i] = i * i;
        Span<int> part = span.Slice(start & 15, length & 15);
        int sum = part.Length;
        foreach (int item in part) sum += item;
        return sum;
    }

    [WasmExport("memory_span_ops")]
    public static int SpanOps(byte fill, byte find, int seed)
    {
        Span<byte> a = stackalloc byte[64];
        Span<byte> b = stackalloc byte[64];
        a.Fill(fill);
        for (int i = 0; i < 64; i++) b[i] = (byte)(seed + (i * 3));
        b[10..30].CopyTo(a[5..]);
        b[20..50].CopyTo(b[15..]);
        a[40..].Clear();
        a[3..9].Reverse();
        return a.IndexOf(find) + (b.IndexOf(find) * 100) + (a.SequenceEqual(b) ? 1 : 0) + (a[..5].SequenceEqual(a[35..40]) ? 2 : 0)
            + (b.LastIndexOf(b[20]) * 10000) + (a.StartsWith(a[..10]) ? 1000000 : 0) + b[44] + a[24];
    }

    [WasmExport("memory_pointers")]
    public static long Pointers(int a, long b)
    {
        byte* buffer = stackalloc byte[64];
        for (int i = 0; i < 64; i++) buffer[i] = (byte)(i + a);
        *(int*)(buffer + 3) = a;
        *(long*)(buffer + 9) = b;
        *(short*)(buffer + 21) = (short)(a >> 3);
        *(float*)(buffer + 25) = a;
        *(double*)(buffer + 33) = a * 0.5;
        int* ints = (int*)buffer;
        int* end = ints + 16;
        long sum = end - ints;
        for (int* p = ints; p < end; p++) sum = (sum * 31) + *p;
        sbyte* signed = (sbyte*)buffer;
        ushort* shorts = (ushort*)(buffer + 1);
        return sum + signed[5] + shorts[7] + (buffer[50]++ * 3) + --buffer[51] + (nint)(&buffer[9] - &buffer[2]);
    }

    [WasmExport("memory_pointer_to_pointer")]
    public static int PointerToPointer(int a, int b)
    {
        int* p = &a;
        int* q = &b;
        int** pp = (a & 1) != 0 ? &p : &q;
        **pp += 5;
        Swap(&p, &q);
        *p ^= 3;
        return a + (b * 3) + *q;
    }

    private static void Swap(int** a, int** b)
    {
        int* old = *a;
        *a = *b;
        *b = old;
    }

    [WasmExport("memory_binary_primitives")]
    public static ulong Primitives(ulong value, int offset)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        Span<byte> at = bytes[(offset & 7)..];
        BinaryPrimitives.WriteUInt64BigEndian(at, value);
        BinaryPrimitives.WriteUInt16LittleEndian(at[8..], (ushort)value);
        BinaryPrimitives.WriteInt32BigEndian(at[10..], (int)(value >> 16));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) + BinaryPrimitives.ReadUInt32BigEndian(at[3..])
            + BinaryPrimitives.ReadUInt16BigEndian(at[9..]) + (ulong)BinaryPrimitives.ReadInt16LittleEndian(at[5..]);
    }

    [WasmExport("memory_marshal")]
    public static long Marshal(int a, long b)
    {
        Span<long> longs = stackalloc long[4];
        longs[0] = b;
        longs[2] = a;
        Span<byte> bytes = MemoryMarshal.AsBytes(longs);
        bytes[9] = (byte)a;
        Span<short> shorts = MemoryMarshal.Cast<byte, short>(bytes[2..]);
        int first = MemoryMarshal.Read<int>(bytes[5..]);
        MemoryMarshal.Write(bytes[21..], a);
        ref byte reference = ref MemoryMarshal.GetReference(bytes);
        Span<int> one = MemoryMarshal.CreateSpan(ref a, 1);
        one[0] += 3;
        return shorts[3] + first + longs[1] + (longs[2] * 3) + longs[3] + Unsafe.Add(ref reference, 17) + a + shorts.Length;
    }

    [WasmExport("memory_unsafe")]
    public static long UnsafeOps(int a, long b)
    {
        Span<int> ints = stackalloc int[8];
        for (int i = 0; i < 8; i++) ints[i] = a + i;
        ref int first = ref MemoryMarshal.GetReference(ints);
        Unsafe.Add(ref first, 3) = 99;
        Unsafe.As<int, long>(ref Unsafe.Add(ref first, 4)) = b;
        Unsafe.WriteUnaligned(ref Unsafe.As<int, byte>(ref Unsafe.AddByteOffset(ref first, 3)), 0x1122334455667788L);
        long value = Unsafe.ReadUnaligned<long>(ref Unsafe.As<int, byte>(ref Unsafe.AddByteOffset(ref first, 7)));
        bool same = Unsafe.AreSame(ref first, ref Unsafe.Subtract(ref Unsafe.Add(ref first, 2), 2));
        long distance = Unsafe.ByteOffset(ref first, ref Unsafe.Add(ref first, 5));
        Unsafe.CopyBlockUnaligned(ref Unsafe.As<int, byte>(ref first), ref Unsafe.As<int, byte>(ref Unsafe.Add(ref first, 5)), 9);
        Unsafe.InitBlockUnaligned(ref Unsafe.As<int, byte>(ref Unsafe.Add(ref first, 7)), (byte)a, 3);
        long sum = value + (same ? 7 : 8) + distance + Unsafe.BitCast<int, uint>(a);
        foreach (int item in ints) sum = (sum * 3) + item;
        return sum;
    }

    [WasmExport("memory_arrays")]
    public static long Arrays(int index, int value)
    {
        var bytes = new byte[5];
        var shorts = new short[] { 1, -2, 3 };
        var longs = new long[3];
        var floats = new float[2];
        int[][] jagged = [[1, 2], [3], [4, 5, 6]];
        bytes[index & 3] = (byte)value;
        shorts[(index & 0xFF) % 3] -= (short)value;
        longs[(index & 0xFF) % 3]--;
        longs[1] += value;
        floats[index & 1] = value * 0.5f;
        jagged[(index & 0xFF) % 3][0] ^= value;
        long sum = bytes.Length + shorts.Length + jagged.Length;
        foreach (byte b in bytes) sum = (sum * 3) + b;
        foreach (short s in shorts) sum = (sum * 3) + s;
        for (int i = 0; i < longs.Length; i++) sum = (sum * 3) + longs[i];
        foreach (int[] row in jagged) foreach (int item in row) sum = (sum * 3) + item;
        Array.Clear(bytes);
        shorts.AsSpan(0, 2).CopyTo(shorts.AsSpan(1));
        return sum + (long)floats[1] + bytes[index & 3] + shorts[2];
    }

    [WasmExport("memory_native")]
    public static long Native(int size, byte value)
    {
        nuint length = (nuint)(size & 1023) + 16;
        byte* p = (byte*)NativeMemory.AllocZeroed(length);
        long sum = p[length - 1];
        NativeMemory.Fill(p, length, value);
        p[3] = 7;
        NativeMemory.Copy(p, p + 4, 8);
        sum += p[7] + p[4];
        byte* aligned = (byte*)NativeMemory.AlignedAlloc(64, 64);
        sum += (long)((nuint)aligned & 63);
        return sum + new Span<byte>(p, (int)length)[^1] + Unsafe.SizeOf<Guid>();
    }

    [WasmExport("memory_unaligned")]
    public static ulong Unaligned(ulong value, int offset)
    {
        byte* p = stackalloc byte[24];
        new Span<byte>(p, 24).Clear();
        Unsafe.WriteUnaligned(p + (offset & 15), value);
        return Unsafe.ReadUnaligned<ulong>(p + 5) ^ Unsafe.ReadUnaligned<uint>(p + 9) ^ Unsafe.ReadUnaligned<ushort>(p + 7);
    }

    [WasmExport("memory_stackalloc_loop")]
    public static int StackallocLoop(byte n)
    {
        int sum = 0;
        for (int i = 0; i < n; i++) sum += Frame(i);
        return sum;
    }

    private static int Frame(int i)
    {
        Span<int> span = stackalloc int[(i & 31) + 1];
        span[^1] = i;
        span[0]++;
        int inner = i > 0 && (i & 7) == 0 ? Frame(i / 2) : 0;
        return span[^1] + span[0] + inner;
    }

    [WasmExport("memory_string")]
    public static int Strings(int index)
    {
        const string text = "constant text";
        return text[(index & 0xFF) % text.Length] + text.Length;
    }
}
