using System.Runtime.InteropServices;

namespace Gantry.Engine.Jit;

/// <summary>A bounded buffer that takes WebAssembly's binary format. When it is full it stays so and drops what comes: check <see cref="Full"/> at the end.</summary>
public unsafe struct CodeBuffer
{
    /// <summary>First byte.</summary>
    public byte* Start;

    /// <summary>Where the next byte goes.</summary>
    public byte* At;

    /// <summary>Something did not fit.</summary>
    public bool Full;

    private byte* end;

    /// <summary>Allocates the memory, once.</summary>
    /// <param name="capacity">Bytes it can take.</param>
    public void Allocate(int capacity)
    {
        Start = (byte*)NativeMemory.Alloc((nuint)capacity);
        end = Start + capacity;
        Clear();
    }

    /// <summary>Bytes written.</summary>
    public readonly int Length => (int)(At - Start);

    /// <summary>Bytes that still fit.</summary>
    public readonly int Room => (int)(end - At);

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        At = Start;
        Full = false;
    }

    /// <summary>Appends a byte.</summary>
    public void Byte(int value)
    {
        if (At < end)
            *At++ = (byte)value;
        else
            Full = true;
    }

    /// <summary>Appends bytes.</summary>
    public void Bytes(byte* bytes, int count)
    {
        if (count > Room)
        {
            Full = true;
            return;
        }

        Buffer.MemoryCopy(bytes, At, count, count);
        At += count;
    }

    /// <summary>Appends an unsigned LEB128 number.</summary>
    public void U32(uint value)
    {
        while (value >= 0x80)
        {
            Byte((int)(value | 0x80));
            value >>= 7;
        }

        Byte((int)value);
    }

    /// <summary>Appends a signed LEB128 number.</summary>
    public void S64(long value)
    {
        while (true)
        {
            var low = (int)(value & 0x7F);
            value >>= 7;
            if ((value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0))
            {
                Byte(low);
                return;
            }

            Byte(low | 0x80);
        }
    }

    /// <summary>Appends an instruction whose immediate is an index.</summary>
    public void Op(int opcode, uint index)
    {
        Byte(opcode);
        U32(index);
    }

    /// <summary>Appends i32.const.</summary>
    public void I32Const(int value)
    {
        Byte(Wasm.I32Const);
        S64(value);
    }

    /// <summary>Appends i32.const of an address.</summary>
    public void Address(void* pointer) => I32Const((int)(uint)(nuint)pointer);

    /// <summary>Appends i64.const.</summary>
    public void I64Const(long value)
    {
        Byte(Wasm.I64Const);
        S64(value);
    }

    /// <summary>Appends a load or store.</summary>
    public void Access(int opcode, int alignLog2, uint offset)
    {
        Byte(opcode);
        U32((uint)alignLog2);
        U32(offset);
    }
}
