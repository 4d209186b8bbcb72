namespace Gantry.Engine.Jit;

/// <summary>The function that is being made: its code, its locals, how deep its blocks are nested.</summary>
public unsafe struct FunctionBody
{
    /// <summary>Most locals behind the parameters.</summary>
    public const int MaxLocals = 512;

    /// <summary>Most branches that are hinted at; those behind are not.</summary>
    public const int MaxHints = 1024;

    private const int TypeCount = 5, MaxScratch = 64;

    /// <summary>The code so far.</summary>
    public CodeBuffer Code;

    /// <summary>Blocks open at this place.</summary>
    public int Depth;

    /// <summary>Something had no room: the function is to be given up.</summary>
    public bool Failed;

    /// <summary>Branches that are hinted at.</summary>
    public int HintCount;

    // Where in the code, in the order they stand there; doubled, plus 1 for those mostly taken.
    private fixed int hints[MaxHints];
    private fixed byte types[MaxLocals];
    private fixed short scratch[TypeCount * MaxScratch];
    private int parameters;
    private int count;

    /// <summary>Begins a function.</summary>
    public void Begin(int parameterCount)
    {
        Code.Clear();
        Depth = 0;
        Failed = false;
        HintCount = 0;
        parameters = parameterCount;
        count = 0;
        for (var i = 0; i < TypeCount * MaxScratch; i++)
            scratch[i] = 0;
    }

    /// <summary>A new local.</summary>
    /// <param name="type">Its value type.</param>
    public uint NewLocal(int type)
    {
        if (count == MaxLocals)
        {
            Failed = true;
            return 0;
        }

        types[count] = (byte)type;
        return (uint)(parameters + count++);
    }

    /// <summary>The local that serves templates as their nth of a type: they follow each other and share.</summary>
    public uint Scratch(int type, int ordinal)
    {
        var kind = Wasm.I32 - type;
        if ((uint)kind >= TypeCount || ordinal >= MaxScratch)
        {
            Failed = true;
            return 0;
        }

        var index = (kind * MaxScratch) + ordinal;
        if (scratch[index] == 0)
            scratch[index] = (short)NewLocal(type);
        return (uint)scratch[index];
    }

    /// <summary>Says of the branch that is written next whether it is mostly (1) taken or seldom (0).</summary>
    public void Hint(int taken)
    {
        if (HintCount < MaxHints)
            hints[HintCount++] = (Code.Length << 1) | taken;
    }

    /// <summary>Appends a function's part of the section <c>metadata.code.branch_hint</c>: where, one byte, which.</summary>
    /// <param name="body">The function.</param>
    /// <param name="to">Where to.</param>
    /// <param name="before">Bytes of the function's body before the code.</param>
    public static void WriteHints(FunctionBody* body, CodeBuffer* to, int before)
    {
        to->U32((uint)body->HintCount);
        for (var i = 0; i < body->HintCount; i++)
        {
            to->U32((uint)((body->hints[i] >> 1) + before));
            to->Byte(1);
            to->Byte(body->hints[i] & 1);
        }
    }

    /// <summary>Opens a block, loop or if.</summary>
    public void Open(int opcode)
    {
        Code.Byte(opcode);
        Code.Byte(Wasm.NoResult);
        Depth++;
    }

    /// <summary>Closes the innermost.</summary>
    public void Close()
    {
        Code.Byte(Wasm.End);
        Depth--;
    }

    /// <summary>Jumps to the block that was the <paramref name="depth"/>th to be opened (the first is 1).</summary>
    public void BranchTo(int depth) => Code.Op(Wasm.Br, (uint)(Depth - depth));

    /// <summary>Appends the locals' declarations as a function's body begins with.</summary>
    public void WriteLocals(CodeBuffer* to)
    {
        var groups = 0;
        for (var i = 0; i < count; i++)
        {
            if (i == 0 || types[i] != types[i - 1])
                groups++;
        }

        to->U32((uint)groups);
        for (var i = 0; i < count;)
        {
            var first = i;
            while (i < count && types[i] == types[first])
                i++;
            to->U32((uint)(i - first));
            to->Byte(types[first]);
        }
    }
}
