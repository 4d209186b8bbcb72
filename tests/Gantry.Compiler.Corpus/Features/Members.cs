using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gantry.Compiler.Corpus.Features;

/// <summary>Base-library members the compiler knows by name and that the other methods have no use for.</summary>
public static unsafe class Members
{
    private static int counter;
    private static long wideCounter;

    /// <summary>The static members of double.</summary>
    [WasmExport("member_double")]
    public static double Doubles(double a, double b) =>
        double.Ceiling(a) + double.Floor(b) + double.Truncate(a) + double.Round(b) + double.Min(a, b) + double.CopySign(a, b) + double.Sqrt(double.Abs(a));

    /// <summary>The static members of float.</summary>
    [WasmExport("member_float")]
    public static float Floats(float a, float b) =>
        float.Ceiling(a) + float.Floor(b) + float.Truncate(a) + float.Round(b) + float.Min(a, b) + float.Max(a, b) + float.CopySign(a, b) + float.Sqrt(float.Abs(a));

    /// <summary>Vector operations by name.</summary>
    [WasmExport("member_vector")]
    public static long Vectors(int a, int b)
    {
        Vector128<int> x = Vector128.Create(a, b, a ^ b, 7), y = Vector128.CreateScalarUnsafe(b).WithElement(1, a).WithElement(2, 9).WithElement(3, b);
        Vector128<int> sum = Vector128.Add(x, y) ^ Vector128.Subtract(x, y);
        sum += Vector128.Multiply(x, y) ^ Vector128.Negate(x);
        sum += Vector128.BitwiseAnd(x, y) ^ Vector128.BitwiseOr(x, y) ^ Vector128.OnesComplement(y);
        sum = Vector128.Xor(sum, Vector128.ShiftLeft(x, 3)) + Vector128.ShiftRightArithmetic(y, 5) + Vector128.ShiftRightLogical(x, 7);
        sum ^= sum.AsInt16().AsUInt16().AsSByte().AsByte().AsUInt64().AsSingle().AsDouble().AsInt32();
        sum += Vector128<int>.AllBitsSet.AsNInt().AsNUInt().AsInt32();
        Vector128<double> quotient = Vector128.Divide(Vector128.Create((double)a, b), Vector128.Create(2.0, 4.0));
        return Vector128.Sum(sum) + (long)quotient.ToScalar();
    }

    /// <summary>Aligned vectors in memory.</summary>
    [WasmExport("member_vector_memory")]
    public static int VectorMemory(int a)
    {
        int* raw = stackalloc int[24];
        int* at = (int*)(((nuint)raw + 15) & ~(nuint)15);
        Vector128.StoreAligned(Vector128.Create(a, 1, 2, 3), at);
        Vector128.StoreAlignedNonTemporal(Vector128.LoadAligned(at) + Vector128.Create(a), at + 4);
        return Vector128.Sum(Vector128.LoadAlignedNonTemporal(at + 4));
    }

    /// <summary>Unsafe's members on addresses and blocks.</summary>
    [WasmExport("member_unsafe")]
    public static int UnsafeMembers(int a, int b)
    {
        int* pair = stackalloc int[4];
        Unsafe.Write(pair, a);
        Unsafe.Write(pair + 1, b);
        int result = Unsafe.Read<int>(pair) - Unsafe.Read<int>(pair + 1);
        int local = 0;
        Unsafe.Copy(ref local, pair);
        Unsafe.Copy(pair + 2, ref local);
        Unsafe.CopyBlock(pair + 3, pair, 4);
        Unsafe.InitBlock(pair, (byte)a, 3);
        ref int first = ref pair[0], second = ref pair[1];
        if (Unsafe.IsAddressGreaterThan(ref second, ref first)) result += 3;
        if (Unsafe.IsAddressGreaterThanOrEqualTo(ref first, ref second)) result += 5;
        if (Unsafe.IsNullRef(ref Unsafe.NullRef<int>())) result += 7;
        result ^= Unsafe.SubtractByteOffset(ref second, 4) + (int)((nint)Unsafe.AsPointer(ref second) - (nint)pair);
        return result + pair[2] + pair[3];
    }

    /// <summary>Interlocked operations of both widths.</summary>
    [WasmExport("member_interlocked")]
    public static long Interlockeds(int a, int b)
    {
        counter = b;
        wideCounter = a;
        long result = Interlocked.Exchange(ref counter, a) + Interlocked.CompareExchange(ref counter, b, a);
        result = (result * 31) + Interlocked.Add(ref counter, 5) + Interlocked.Increment(ref counter) - Interlocked.Decrement(ref wideCounter);
        result = (result * 31) + Interlocked.Add(ref wideCounter, a) + Interlocked.Exchange(ref wideCounter, b) + Interlocked.CompareExchange(ref wideCounter, 1, b);
        Interlocked.MemoryBarrier();
        Thread.MemoryBarrier();
        return result + Interlocked.Increment(ref wideCounter) + Interlocked.Decrement(ref counter);
    }

    /// <summary>What is the same everywhere about types and the platform.</summary>
    [WasmExport("member_types")]
    public static int Types(int a)
    {
        int result = nint.Size >= 4 && nuint.Size == nint.Size ? 1 : 0;
        if (typeof(int) != typeof(uint)) result += 8;
        result += Kind<int>() + (3 * Kind<DayOfWeek>()) + (9 * Kind<Guid>()) + (27 * Kind<string>());
        if (WasmTarget.IsWebAssembly || a != 0) result += 16;
        return (a != 0 ? result : 0) + new Box(a).Value;
    }

    private static int Kind<T>() => typeof(T).IsEnum ? 2 : typeof(T).IsPrimitive ? 1 : 0;

    /// <summary>What differs from CoreCLR by design, each side told what is right for it.</summary>
    [WasmExport("member_platform")]
    public static int Platform(int a)
    {
        int pointer = WasmTarget.IsWebAssembly ? 4 : 8;
        int result = nint.Size == pointer ? a : 0;
        return Environment.Is64BitProcess == WasmTarget.IsWebAssembly ? 0 : result;
    }

    /// <summary>Spans of references and of bytes, moved and cleared.</summary>
    [WasmExport("member_spans")]
    public static int Spans(int a)
    {
        int[]?[] rows = [[a], [1], [2], [3]];
        Span<int[]?> span = rows;
        span[..3].CopyTo(span[1..]);
        int result = (rows[1]![0] * 31) + rows[3]![0];
        span[1..3].Clear();
        if (rows[1] is null && rows[2] is null && rows[3] is not null) result += 1000;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Fill((byte)a);
        bytes[2] = 77;
        bytes[..12].CopyTo(bytes[3..]);
        fixed (byte* p = bytes) Buffer.MemoryCopy(p + 4, p + 7, 9, 6);
        return result + bytes[5] + (bytes[14] << 8);
    }

    /// <summary>Blocks from the heap, arrays of references.</summary>
    [WasmExport("member_heap")]
    public static int Blocks(int a)
    {
        int* block = (int*)NativeMemory.Alloc(16);
        NativeMemory.Clear(block, 16);
        block[2] = a;
        int result = block[0] + block[2];
        NativeMemory.Free(block);
        NativeMemory.AlignedFree(NativeMemory.AlignedAlloc(32, 32));
        int[][] rows = [[a], [1], [2]];
        GC.KeepAlive(rows);
        int[] numbers = [a, 2, 3, 4], copy = new int[4];
        Array.Copy(numbers, copy, 3);
        Array any = numbers;
        return result + rows[0][0] + copy[0] + copy[3] + any.Length;
    }

    private sealed class Box(int value)
    {
        public int Value { get; } = value;
    }
}
