using System.Runtime.InteropServices;

namespace Gantry.Compiler.Corpus.Programs;

/// <summary>LZ4's block format: a greedy encoder with a hash table and the decoder.</summary>
public static unsafe class Lz4
{
    private const int Size = 1 << 16;
    private static byte* plain;
    private static byte* packed;
    private static byte* unpacked;
    private static int* table;

    /// <summary>Packs made-up text once and unpacks it <paramref name="rounds"/> times; a checksum of it, or -1 if it differs.</summary>
    [WasmExport("program_lz4")]
    [Inputs(1, 2)]
    [Inputs(77, 1)]
    [Inputs(5, 0)]
    public static long Run(int seed, int rounds)
    {
        if (plain == null)
        {
            plain = (byte*)NativeMemory.AllocZeroed(Size);
            packed = (byte*)NativeMemory.AllocZeroed(Size * 2);
            unpacked = (byte*)NativeMemory.AllocZeroed(Size);
            table = (int*)NativeMemory.AllocZeroed(4096, sizeof(int));
        }

        uint state = (uint)seed | 1;
        ReadOnlySpan<byte> words = "the quick brown fox jumps over the lazy dog and runs away from it "u8;
        int at = 0;
        while (at < Size)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            int from = (int)(state % (uint)words.Length);
            for (int n = (int)(state >> 28) + 1; n > 0 && at < Size; n--) plain[at++] = words[from++ % words.Length];
        }

        int length = Compress(plain, Size, packed);
        int result = 0;
        for (int i = 0; i < rounds; i++) result = Decompress(packed, length, unpacked, Size);
        if (rounds <= 0) return length;
        if (result != Size || !new ReadOnlySpan<byte>(plain, Size).SequenceEqual(new ReadOnlySpan<byte>(unpacked, Size))) return -1;
        ulong sum = 14695981039346656037;
        for (int i = 0; i < length; i++) sum = (sum ^ packed[i]) * 1099511628211;
        return (long)(sum >> 1);
    }

    private static int Compress(byte* source, int length, byte* target)
    {
        new Span<int>(table, 4096).Fill(-1);
        byte* output = target;
        int anchor = 0;
        int at = 0;
        while (at + 12 < length)
        {
            uint sequence = *(uint*)(source + at);
            uint hash = (sequence * 2654435761u) >> 20;
            int candidate = table[hash];
            table[hash] = at;
            if (candidate < 0 || at - candidate > 65535 || *(uint*)(source + candidate) != sequence)
            {
                at++;
                continue;
            }

            int match = 4;
            while (at + match < length - 5 && source[at + match] == source[candidate + match]) match++;
            output = Sequence(output, source + anchor, at - anchor, at - candidate, match);
            at += match;
            anchor = at;
        }

        output = Sequence(output, source + anchor, length - anchor, 0, 0);
        return (int)(output - target);
    }

    private static byte* Sequence(byte* output, byte* literals, int count, int offset, int match)
    {
        byte* token = output++;
        int low = match == 0 ? 0 : match - 4;
        *token = (byte)((Math.Min(count, 15) << 4) | Math.Min(low, 15));
        if (count >= 15) output = Length(output, count - 15);
        Buffer.MemoryCopy(literals, output, count, count);
        output += count;
        if (match == 0) return output;
        *output++ = (byte)offset;
        *output++ = (byte)(offset >> 8);
        return low >= 15 ? Length(output, low - 15) : output;
    }

    private static byte* Length(byte* output, int rest)
    {
        for (; rest >= 255; rest -= 255) *output++ = 255;
        *output++ = (byte)rest;
        return output;
    }

    private static int Decompress(byte* source, int length, byte* target, int capacity)
    {
        byte* end = source + length;
        byte* output = target;
        byte* limit = target + capacity;
        while (source < end)
        {
            int token = *source++;
            int literals = token >> 4;
            if (literals == 15) literals += ReadLength(ref source, end);
            if (literals > end - source || literals > limit - output) return -2;
            for (int i = 0; i < literals; i++) output[i] = source[i];
            source += literals;
            output += literals;
            if (source >= end) break;
            int offset = source[0] | (source[1] << 8);
            source += 2;
            int match = token & 15;
            if (match == 15) match += ReadLength(ref source, end);
            match += 4;
            if (offset == 0 || offset > output - target || match > limit - output) return -3;
            byte* from = output - offset;
            for (int i = 0; i < match; i++) output[i] = from[i];
            output += match;
        }

        return (int)(output - target);
    }

    private static int ReadLength(ref byte* source, byte* end)
    {
        int sum = 0;
        byte value;
        do
        {
            if (source >= end) return sum;
            value = *source++;
            sum += value;
        }
        while (value == 255);
        return sum;
    }
}
