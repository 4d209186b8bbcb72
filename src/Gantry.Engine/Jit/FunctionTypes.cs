namespace Gantry.Engine.Jit;

/// <summary>The function types of a module that is being made; each stands once.</summary>
public unsafe struct FunctionTypes
{
    private const int Capacity = 64, MaxSize = 20;

    private fixed byte bytes[Capacity * MaxSize];
    private fixed byte sizes[Capacity];

    /// <summary>Number of types.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all.</summary>
    public void Clear() => Count = 0;

    /// <summary>The number of a type; it is added when it is new.</summary>
    /// <param name="type">Its parameters and results as in the type section: a count and value types, twice.</param>
    /// <returns>The number; -1 when there are too many.</returns>
    public int Intern(byte* type)
    {
        var size = SizeOf(type);
        for (var i = 0; i < Count; i++)
        {
            if (sizes[i] == size && Equal(i, type, size))
                return i;
        }

        if (Count == Capacity || size > MaxSize)
            return -1;
        for (var i = 0; i < size; i++)
            bytes[(Count * MaxSize) + i] = type[i];
        sizes[Count] = (byte)size;
        return Count++;
    }

    /// <summary>Bytes of a type.</summary>
    public static int SizeOf(byte* type) => type[0] + type[type[0] + 1] + 2;

    /// <summary>Appends the types' section, its number and size included.</summary>
    public void Write(CodeBuffer* to, CodeBuffer* scratch)
    {
        scratch->Clear();
        scratch->U32((uint)Count);
        for (var i = 0; i < Count; i++)
        {
            scratch->Byte(0x60);
            for (var at = 0; at < sizes[i]; at++)
                scratch->Byte(bytes[(i * MaxSize) + at]);
        }

        ModuleBuffer.Section(to, Wasm.TypeSection, scratch);
    }

    private bool Equal(int index, byte* type, int size)
    {
        for (var i = 0; i < size; i++)
        {
            if (bytes[(index * MaxSize) + i] != type[i])
                return false;
        }

        return true;
    }
}
